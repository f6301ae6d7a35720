//! The self-test of every load: the module must give the answers that its compiler expected, byte for byte.

use maas_schemas::abi::{MAX_VECTORS, REQUEST_CAPACITY};

use crate::{LoadError, Policy};

/// Runs all vectors of a bundle.
pub(crate) fn run(policy: &Policy) -> Result<(), LoadError> {
    let mut evaluator = policy.evaluator()?.patient();
    let mut rest = policy.bundle().vectors();
    let mut index = 0;
    while !rest.is_empty() {
        let fail = |why: String| LoadError::SelfTest { index, why };
        let request = take(&mut rest).ok_or_else(|| fail("the section is truncated".to_owned()))?;
        let expected = take(&mut rest).ok_or_else(|| fail("the section is truncated".to_owned()))?;
        if request.len() > REQUEST_CAPACITY as usize || index >= MAX_VECTORS {
            return Err(fail("the section is too large".to_owned()));
        }
        let (reason, answer) = evaluator.decide_bytes(request).map_err(|error| fail(error.to_string()))?;
        if answer != expected {
            let at = answer.iter().zip(expected).take_while(|(a, b)| a == b).count();
            return Err(fail(format!("the answer differs from byte {at} on")));
        }
        let written = answer.get(4..).and_then(|rest| rest.first_chunk()).map_or(0, |code| u16::from_le_bytes(*code));
        if u32::from(written) != reason {
            return Err(fail("the module returns another reason than it writes".to_owned()));
        }
        index += 1;
    }
    Ok(())
}

/// Takes a length and so many bytes off the front.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk()?;
    let (part, tail) = tail.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *rest = tail;
    Some(part)
}
