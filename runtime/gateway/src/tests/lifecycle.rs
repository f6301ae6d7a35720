//! Bundles come and go, the process stops and starts, and no request is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use maas_schemas::bundle::Simulator;
use serde_json::json;
use tokio::task::JoinSet;

use super::provider::{FakeProvider, chunk, done, usage_chunk};
use super::setup::{Answer, Setup, TestLoader, chat, config, next, policy, provenance, simulator, vllm};
use crate::{BundleSource, Gateway, LoadError};

const FAST: Simulator = Simulator { latency_ms: 0, tokens_per_second: 0, faults: Vec::new() };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_swap_under_load_drops_nothing() {
    let setup = Arc::new(Setup::start(policy(vec![simulator(FAST)])).await);
    setup.policies.lock().unwrap().push(policy(vec![simulator(FAST)]));
    let stop = Arc::new(AtomicBool::new(false));
    let mut load = JoinSet::new();
    for _ in 0..8 {
        let (setup, stop) = (Arc::clone(&setup), Arc::clone(&stop));
        load.spawn(async move {
            let mut policies = std::collections::BTreeSet::new();
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                let answer = setup.chat(json!({"stream": n % 2 == 0})).await;
                assert_eq!(answer.status, 200);
                policies.insert(answer.headers["x-maas-policy"].to_str().unwrap().to_owned());
                n += 1;
            }
            (n, policies)
        });
    }
    let bundles = setup.gateway.bundles();
    for round in 0..20 {
        let number = round % 2;
        bundles.swap(number.to_string().into(), Some(provenance(number))).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let results = load.join_all().await;
    let sent: usize = results.iter().map(|(n, _)| n).sum();
    assert_eq!(setup.records().len(), sent);
}

#[tokio::test]
async fn a_stream_finishes_on_the_policy_it_began_with() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    setup.policies.lock().unwrap().push(policy(vec![simulator(FAST)]));
    let pieces = fake.will_stream();
    pieces.send(chunk("one")).await.unwrap();
    let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string()).await;
    next(&mut response).await;
    let before = response.headers()["x-maas-policy"].clone();
    setup.gateway.bundles().swap("1".into(), None).await.unwrap();
    let simulated = setup.chat(json!({})).await;
    assert_ne!(simulated.headers["x-maas-policy"], before);
    for piece in [usage_chunk(5, 1), done()] {
        pieces.send(piece).await.unwrap();
    }
    drop(pieces);
    assert!(Answer::read(response).await.text().ends_with("[DONE]\n\n"));
    let records = setup.records();
    assert_ne!(records[0].bundle, records[1].bundle);
}

#[tokio::test]
async fn a_bad_bundle_leaves_the_running_one() {
    let setup = Setup::start(policy(vec![simulator(FAST)])).await;
    let before = setup.gateway.bundles().digest();
    let error = setup.gateway.bundles().swap("nonsense".into(), None).await.unwrap_err();
    assert!(matches!(error, LoadError::Refused(_)));
    assert_eq!(setup.gateway.bundles().digest(), before);
    assert_eq!(setup.chat(json!({})).await.status, 200);
    let status = setup.admin("/bundle").await.json();
    assert_eq!(status["lastError"], "the bundle is refused: not a number");
    assert_eq!((status["loads"].as_u64(), status["failures"].as_u64()), (Some(1), Some(1)));
}

#[tokio::test]
async fn a_bundle_that_fails_three_times_in_a_row_is_put_out_of_use() {
    let setup = Setup::start(policy(vec![simulator(FAST)])).await;
    let mut broken = policy(vec![simulator(FAST)]);
    broken.fails = true;
    setup.policies.lock().unwrap().push(broken);
    let good = setup.gateway.bundles().digest();
    setup.gateway.bundles().swap("1".into(), None).await.unwrap();
    for _ in 0..3 {
        assert_eq!(setup.gateway.bundles().digest(), Some(crate::bundles::swap::digest(b"1")));
        setup.chat(json!({})).await.error(503, "policy_unavailable");
    }
    assert_eq!(setup.gateway.bundles().digest(), good);
    assert_eq!(setup.chat(json!({})).await.status, 200);
    let again = setup.gateway.bundles().swap("1".into(), None).await.unwrap_err();
    assert!(matches!(again, LoadError::Quarantined(_)));
    assert_eq!(setup.admin("/bundle").await.json()["quarantined"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_last_good_bundle_survives_a_restart_without_its_source() {
    let Setup { gateway, folder, key, policies } = Setup::start(policy(vec![simulator(FAST)])).await;
    gateway.shutdown().await;
    let mut config = config(folder.path(), 0);
    config.bundle = BundleSource::File(folder.path().join("policy.wasm"));
    let loader = TestLoader { policies: Arc::clone(&policies) };
    let gateway = Gateway::start_with(config, Box::new(loader)).await.unwrap();
    let setup = Setup { gateway, folder, key, policies };
    assert_eq!(setup.chat(json!({})).await.status, 200);
    assert_eq!(setup.records()[0].rule, "teams/red.yaml:10", "the source map was kept as well");
}

#[tokio::test]
async fn a_changed_file_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.wasm");
    std::fs::write(&path, "0").unwrap();
    let setup = Setup::start_with(policy(vec![simulator(FAST)]), |config| {
        config.bundle = BundleSource::File(path.clone());
    })
    .await;
    setup.policies.lock().unwrap().push(policy(vec![simulator(FAST)]));
    let expected = crate::bundles::swap::digest(b"1");
    std::fs::write(folder.path().join("policy.new"), "1").unwrap();
    std::fs::rename(folder.path().join("policy.new"), &path).unwrap();
    let swapped = async {
        while setup.gateway.bundles().digest().as_ref() != Some(&expected) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), swapped).await.unwrap();
}

#[tokio::test]
async fn a_stop_waits_for_requests_in_flight() {
    let fake = FakeProvider::start().await;
    let setup = Setup::start(policy(vec![vllm(&fake)])).await;
    let pieces = fake.will_stream();
    pieces.send(chunk("one")).await.unwrap();
    let mut response = setup.send("POST", "/v1/chat/completions", chat(json!({"stream": true})).to_string()).await;
    next(&mut response).await;
    let address = setup.gateway.local_address();
    let client = async {
        // The port closes while the stream goes on.
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
        for piece in [chunk(" two"), usage_chunk(5, 2), done()] {
            pieces.send(piece).await.unwrap();
        }
        drop(pieces);
        Answer::read(response).await
    };
    let ledger = setup.gateway.ledger();
    let (answer, ()) = tokio::join!(client, setup.gateway.shutdown());
    assert!(answer.text().contains(" two") && answer.text().ends_with("[DONE]\n\n"));
    let mut n = 0;
    ledger.read(0, i64::MAX, &mut |_| n += 1).unwrap();
    assert_eq!(n, 1);
}

#[tokio::test]
async fn administrators_see_health_metrics_and_the_policy() {
    let setup = Setup::start(policy(vec![simulator(FAST)])).await;
    setup.chat(json!({})).await;
    setup.chat(json!({"model": "no-such-model"})).await;
    assert_eq!(setup.admin("/healthz").await.status, 200);
    assert!(setup.admin("/readyz").await.text().starts_with("ready, policy "));
    let metrics = setup.admin("/metrics").await;
    let text = metrics.text();
    for line in [
        "maas_requests_total{maas_model=\"granite\",maas_team=\"red\",maas_subscription=\"red-standard\",status=\"200\",verdict=\"allow\"} 1",
        "maas_upstream_requests_total{provider=\"simulator\",outcome=\"answered\"} 1",
        "maas_bundle_loads 1",
        "maas_requests_in_flight 0",
        "# TYPE gen_ai_server_request_duration_seconds histogram",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("no-such-model"), "clients cannot make labels");
    assert_eq!(setup.admin("/v1/models").await.status, 404);
    // Nothing of this is on the clients' port.
    let public = Answer::read(setup.send("GET", "/metrics", "").await).await;
    public.error(404, "unknown_url");
}
