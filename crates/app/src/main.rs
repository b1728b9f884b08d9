//! `matrimony`, with the real networks.

fn main() -> std::process::ExitCode {
    matrimony::main_with(&matrimony::Assembly::default())
}
