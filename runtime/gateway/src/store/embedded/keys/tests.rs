//! Keys on disk: versions, filters, another process.

use super::*;

fn record(id: &str, team: &str) -> KeyRecord {
    KeyRecord {
        format: maas_schemas::keys::FORMAT.to_owned(),
        id: id.to_owned(),
        hash: "00".to_owned(),
        previous: None,
        subscription: "s".to_owned(),
        team: team.to_owned(),
        user: String::new(),
        name: String::new(),
        labels: BTreeMap::new(),
        created_by: String::new(),
        created_ms: 1,
        expires_ms: None,
        revoked_ms: None,
        version: 1,
    }
}

#[tokio::test]
async fn keys_outlive_the_process_and_change_by_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.redb");
    let store = EmbeddedKeys::open(&path).unwrap();
    store.insert(&record("b", "t1")).await.unwrap();
    store.insert(&record("a", "t2")).await.unwrap();
    assert!(matches!(store.insert(&record("a", "t3")).await, Err(StoreError::Exists)));
    let changed = KeyRecord { revoked_ms: Some(9), version: 2, ..record("a", "t2") };
    assert!(store.replace(&changed, 1).await.unwrap());
    assert!(!store.replace(&KeyRecord { version: 3, ..changed.clone() }, 1).await.unwrap());
    assert!(!store.replace(&record("none", "t"), 1).await.unwrap());
    assert!(matches!(EmbeddedKeys::open(&path), Err(StoreError::Unavailable(_))));
    drop(store);
    let store = EmbeddedKeys::open(&path).unwrap();
    assert_eq!(store.find("a").await.unwrap(), Some(changed));
    assert_eq!(store.find("none").await.unwrap(), None);
    let ids = async |filter: KeyFilter| {
        store.list(&filter).await.unwrap().into_iter().map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(KeyFilter::default()).await, ["a", "b"]);
    assert_eq!(ids(KeyFilter { team: "t1".to_owned(), ..KeyFilter::default() }).await, ["b"]);
}
