//! Size.
