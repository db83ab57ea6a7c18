//! The charts: rendered by the real helm, applied to a real API server, and the controller run as the chart says.

mod dry_run;
mod guides;
mod helm;
mod installed;
mod lives;
mod orders;
mod ownership;
mod packaging;
mod pod;
mod rendering;
mod second;
mod uninstall;
mod upgrades;
