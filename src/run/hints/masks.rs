//! Masks that were written as the length of a prefix.

use std::net::Ipv4Addr;

use ipvs::model::{Netmask, Service};

/// Returns a hint where `-M` was given the length of a prefix: the mask that this number is, and
/// the one that was meant.
pub(super) fn short(service: &Service) -> Option<String> {
    let Netmask::V4(mask) = service.netmask else {
        return None;
    };
    let length = u32::from(mask);
    let meant = of_length(length)?;
    Some(format!(
        "-M takes a mask, and {length} is the mask {mask}; /{length} is {meant}"
    ))
}

/// Returns the mask for a word such as `/24`.
pub(super) fn slashed(words: &[String]) -> Option<String> {
    let lengths = words.iter().filter_map(|word| word.rsplit_once('/'));
    let mut masks = lengths.filter_map(|(_, length)| {
        let length = length.parse().ok()?;
        Some((length, of_length(length)?))
    });
    let (length, mask) = masks.next()?;
    Some(format!("-M takes a mask: /{length} is {mask}"))
}

fn of_length(length: u32) -> Option<Ipv4Addr> {
    let host = 32_u32.checked_sub(length).filter(|_| length > 0)?;
    Some(Ipv4Addr::from(u32::MAX << host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_of_lengths() {
        let mask = |length| of_length(length).map(|mask| mask.to_string());
        for (length, wanted) in [
            (1, "128.0.0.0"),
            (24, "255.255.255.0"),
            (32, "255.255.255.255"),
        ] {
            assert_eq!(mask(length).as_deref(), Some(wanted));
        }
        for length in [0, 33, u32::MAX] {
            assert_eq!(mask(length), None);
        }
    }
}
