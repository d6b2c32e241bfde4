//! The binary as its users run it: replays, kills, wrong input, serving.

mod auditing;
mod backup;
mod bench;
mod canary;
mod chain;
mod chaos;
mod contributor;
mod demo;
mod doctor;
mod errors;
mod given;
mod import;
mod interrupt;
mod keys;
mod kill;
mod notices;
mod officers;
mod publishing;
mod registration;
mod replay;
mod sandbox;
mod serve;
mod support;
mod verify;
mod witness;
mod worker;
