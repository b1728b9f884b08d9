//! `matrimony` with one difference: its WhatsApp is the simulator whose addresses the environment names. Everything
//! else is the same code with the same command line.

fn main() -> std::process::ExitCode {
    matrimony::main_with(&matrimony_sim::assembly())
}
