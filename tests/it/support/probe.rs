//! What the program serves over HTTP, read as the kubelet and Prometheus do.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// Status line, headers and text of an answer.
pub fn probe(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
