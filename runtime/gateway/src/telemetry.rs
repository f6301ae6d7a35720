//! What the gateway tells about itself: metrics, one log line for each request, and headers about limits.

pub(crate) mod log;
pub(crate) mod metrics;
pub(crate) mod rate_limits;
