//! QR codes for a terminal.

use qrcode::render::unicode::Dense1x2;
use qrcode::{EcLevel, QrCode};

/// The code as lines of half blocks, dark on light whatever the terminal's colours are. `None` if the text is too long
/// for a code.
pub(crate) fn terminal(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    // Phones want dark modules on light ground: drawn inverted, so that the usual dark terminal shows it so.
    Some(
        code.render::<Dense1x2>()
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark)
            .quiet_zone(true)
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_block_of_equal_lines() {
        let shown = terminal("sgnl://linkdevice?uuid=x&pub_key=y").unwrap();
        let widths: Vec<usize> = shown.lines().map(|line| line.chars().count()).collect();
        assert!(
            widths.len() > 10 && widths.iter().all(|w| *w == widths[0]),
            "{widths:?}"
        );
    }

    #[test]
    fn a_text_that_fits_no_code_is_none() {
        assert!(terminal(&"x".repeat(5000)).is_none());
    }
}
