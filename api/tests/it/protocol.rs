//! How the box office is spoken to, whatever is said.

mod bodies;
mod connections;
mod headers;
mod http2;
mod paths;
