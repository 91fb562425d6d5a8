//! Two directors that share what they know.
