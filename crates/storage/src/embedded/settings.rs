//! Settings of the private server: what must hold, and what merely suits the machine.

use std::fmt::Write;
use std::path::Path;

use super::archive::ARCHIVE_FILE;
use super::runtime::PORT;

/// File in the cluster's folder that holds the tuning; rewritten at each start.
pub(super) const TUNING_FILE: &str = "gelombang.conf";

const MB: u64 = 1 << 20;

/// Settings given on the command line, where no file and no `ALTER SYSTEM` can change them: durability,
/// no way in but the socket, and nothing of a statement in the log.
///
/// Messages of level ERROR stay out of the log because they quote values ("invalid input syntax ...");
/// the client that caused one receives it in full.
pub(super) fn required(runtime: &Path) -> Vec<String> {
    // A quoted element: the list would otherwise be split at a comma in the path.
    let socket_folder = format!("unix_socket_directories=\"{}\"", runtime.display());
    let port = format!("port={PORT}");
    [
        "listen_addresses=",
        &socket_folder,
        "unix_socket_permissions=0700",
        &port,
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
        "wal_level=replica",
        // On from the first start, so that the first backup needs no restart of a server that serves; what the
        // archive command does is in a file that can be read again at any time.
        "archive_mode=on",
        "log_destination=stderr",
        "logging_collector=off",
        "log_min_messages=log",
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_statement=none",
        "log_min_duration_statement=-1",
        "log_min_duration_sample=-1",
        "log_parameter_max_length=0",
        "log_parameter_max_length_on_error=0",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Text of the tuning file for a machine with this much memory.
///
/// `shared_buffers` is a 32nd of the memory within 128 to 768 MB: the product's own process and the
/// page cache need the rest. An operator may override any of it with `ALTER SYSTEM`.
pub(super) fn tuning(memory_bytes: u64, wal_compression: WalCompression) -> String {
    let shared_buffers = (memory_bytes / 32).clamp(128 * MB, 768 * MB) / MB;
    let effective_cache_size = (memory_bytes / 2).max(128 * MB) / MB;
    let compression = match wal_compression {
        WalCompression::Lz4 => "lz4",
        WalCompression::Pglz => "on",
    };
    let mut text = String::from(
        "# Written by gelombang at each start; changes here are lost, ALTER SYSTEM is not.\n",
    );
    let _ = writeln!(text, "shared_buffers = {shared_buffers}MB");
    let _ = writeln!(text, "effective_cache_size = {effective_cache_size}MB");
    let _ = writeln!(text, "wal_compression = {compression}");
    text.push_str(
        "work_mem = 64MB\n\
         maintenance_work_mem = 256MB\n\
         max_wal_size = 4GB\n\
         min_wal_size = 512MB\n\
         checkpoint_timeout = 15min\n\
         checkpoint_completion_target = 0.9\n\
         max_connections = 100\n\
         jit = off\n\
         random_page_cost = 1.1\n\
         deadlock_timeout = 1s\n\
         autovacuum = on\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         cluster_name = 'gelombang'\n",
    );
    let _ = writeln!(text, "include_if_exists '{ARCHIVE_FILE}'");
    text
}

/// Compression of whole pages in the write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WalCompression {
    /// Fast; the server must have been built with it.
    Lz4,
    /// The method that every server has.
    Pglz,
}

/// Memory of the machine in bytes.
pub(super) fn memory_bytes() -> u64 {
    let info = rustix::system::sysinfo();
    u64::from(info.mem_unit).saturating_mul(info.totalram)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Goal: buffers follow the memory within their limits; method: machines around both limits.
    #[test]
    fn buffers_follow_the_memory() {
        for (memory_mb, buffers_mb, cache_mb) in [
            (0, 128, 128),
            (1024, 128, 512),
            (8192, 256, 4096),
            (24_576, 768, 12_288),
            (1 << 20, 768, 1 << 19),
        ] {
            let text = tuning(memory_mb * MB, WalCompression::Lz4);
            assert!(
                text.contains(&format!("shared_buffers = {buffers_mb}MB\n")),
                "{memory_mb}: {text}"
            );
            assert!(
                text.contains(&format!("effective_cache_size = {cache_mb}MB\n")),
                "{memory_mb}: {text}"
            );
            assert!(text.contains("wal_compression = lz4\n"), "{text}");
        }
        assert!(tuning(0, WalCompression::Pglz).contains("wal_compression = on\n"));
    }
}
