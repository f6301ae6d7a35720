//! Keys: format, life and secrets that never print.

use secrecy::ExposeSecret;

use super::format::FormatError;
use super::*;
use crate::store::embedded::EmbeddedKeys;

fn keys(folder: &tempfile::TempDir) -> Keys {
    Keys::new(Arc::new(EmbeddedKeys::open(&folder.path().join("keys.redb")).unwrap()))
}

fn new_key() -> NewKey {
    NewKey {
        subscription: "standard".to_owned(),
        team: "payments".to_owned(),
        user: "corp:ann".to_owned(),
        ..NewKey::default()
    }
}

#[test]
fn a_key_is_prefix_id_secret_and_check_digits() {
    let secret = NewSecret::random().unwrap();
    let text = secret.text().expose_secret().to_owned();
    let lengths: Vec<usize> = text.split('_').map(str::len).collect();
    assert_eq!(lengths, [4, 16, 52, 7]);
    let key = KeyText::parse(&text).unwrap();
    assert_eq!(key.id(), secret.id());
    assert!(key.matches(&secret.hash()));
    assert!(!key.matches(&NewSecret::for_id(secret.id()).unwrap().hash()));
    assert!(!key.matches(""));
}

#[test]
fn a_wrong_character_or_shape_is_seen_before_any_lookup() {
    let text = NewSecret::random().unwrap().text().expose_secret().to_owned();
    for place in 5..text.len() {
        let mut bytes = text.clone().into_bytes();
        if bytes[place] != b'_' {
            bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
            let error = KeyText::parse(std::str::from_utf8(&bytes).unwrap()).unwrap_err();
            assert_eq!(error, FormatError::Check, "{place}");
        }
    }
    let (first_lost, last_lost) = (text.strip_prefix('m').unwrap(), text.split_at(text.len() - 1).0);
    for wrong in ["", "maas", "maas___", "sk-abc", "maas_é_é_é", first_lost, last_lost, &format!("{text}a")] {
        assert_eq!(KeyText::parse(wrong).unwrap_err(), FormatError::Shape, "{wrong}");
    }
    assert_eq!(KeyText::parse(&text.to_uppercase()).unwrap_err(), FormatError::Shape);
}

#[test]
fn secrets_do_not_print() {
    let secret = NewSecret::random().unwrap();
    let text = secret.text();
    let hidden = text.expose_secret().split('_').nth(2).unwrap().to_owned();
    let key = KeyText::parse(text.expose_secret()).unwrap();
    let printed = format!("{secret:?} {key:?} {text:?} {}", secret.hash());
    assert!(!printed.contains(&hidden));
}

#[tokio::test]
async fn a_key_lives_from_creation_to_revocation() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let issued = keys.create(new_key(), KeyRules::default(), 1_000).await.unwrap();
    let text = issued.text.expose_secret();
    assert_eq!(keys.verify(text, 2_000).await.unwrap(), issued.record);
    assert_eq!((issued.record.expires_ms, issued.record.team.as_str()), (None, "payments"));
    let other = NewSecret::for_id(&issued.record.id).unwrap().text();
    assert!(matches!(keys.verify(other.expose_secret(), 2_000).await, Err(KeyRefusal::Unknown)));
    let unknown = NewSecret::random().unwrap().text();
    assert!(matches!(keys.verify(unknown.expose_secret(), 2_000).await, Err(KeyRefusal::Unknown)));
    assert!(matches!(keys.verify("maas_x", 2_000).await, Err(KeyRefusal::Malformed(_))));
    keys.revoke(&issued.record.id, 3_000).await.unwrap();
    assert!(matches!(keys.verify(text, 3_000).await, Err(KeyRefusal::Revoked)));
    assert!(matches!(keys.verify(other.expose_secret(), 2_000).await, Err(KeyRefusal::Unknown)));
    assert_eq!(keys.revoke(&issued.record.id, 4_000).await.unwrap().revoked_ms, Some(3_000));
    assert!(matches!(keys.rotate(&issued.record.id, 0, 4_000).await, Err(KeyError::NotInForce)));
    assert!(matches!(keys.revoke("none", 4_000).await, Err(KeyError::NotFound)));
}

#[tokio::test]
async fn rotation_keeps_the_id_and_the_old_secret_for_a_while() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let first = keys.create(new_key(), KeyRules::default(), 0).await.unwrap();
    let second = keys.rotate(&first.record.id, 10, 1_000).await.unwrap();
    assert_eq!(second.record.id, first.record.id);
    let accepts = async |issued: &IssuedKey, now_ms| keys.verify(issued.text.expose_secret(), now_ms).await.is_ok();
    assert!(accepts(&first, 10_999).await && accepts(&second, 10_999).await);
    assert!(!accepts(&first, 11_000).await && accepts(&second, 11_000).await);
    let third = keys.rotate(&first.record.id, 0, 12_000).await.unwrap();
    assert!(!accepts(&second, 12_000).await && accepts(&third, 12_000).await);
}

#[tokio::test]
async fn a_subscription_bounds_life_and_number() {
    let folder = tempfile::tempdir().unwrap();
    let keys = keys(&folder);
    let rules = KeyRules { max_lifetime_s: 100, max_per_user: 2 };
    let too_long = NewKey { lifetime_s: Some(101), ..new_key() };
    assert!(matches!(keys.create(too_long, rules, 0).await, Err(KeyError::LifetimeTooLong { max_s: 100 })));
    let first = keys.create(new_key(), rules, 0).await.unwrap();
    assert_eq!(first.record.expires_ms, Some(100_000));
    assert!(matches!(keys.verify(first.text.expose_secret(), 100_000).await, Err(KeyRefusal::Expired)));
    keys.create(NewKey { lifetime_s: Some(200), ..new_key() }, KeyRules { max_lifetime_s: 0, ..rules }, 0)
        .await
        .unwrap();
    assert!(matches!(keys.create(new_key(), rules, 50_000).await, Err(KeyError::TooMany { max: 2 })));
    // An expired one does not count, another user's neither.
    keys.create(new_key(), rules, 100_000).await.unwrap();
    keys.create(NewKey { user: "corp:bob".to_owned(), ..new_key() }, rules, 50_000).await.unwrap();
}
