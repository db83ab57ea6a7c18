//! Tables on the assignment machine.
