//! What is told, over the life of requests.

mod law;
mod life;
mod scene;
