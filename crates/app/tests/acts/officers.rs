//! Officers of the institution.

use app::officers::ensure_officers;
use domain::wave::WaveKind;

use crate::support::{HOUR, World};

/// A new officer leaves an event without the name, a known one none; ids come in the order of the names.
#[tokio::test]
async fn added_once() {
    const EVENTS: &str = "SELECT subject, detail FROM audit_events WHERE act = 'officer_add'";
    let mut world = World::new(48, &[(WaveKind::Regular, 0)]).await;
    let at = world.calendar(48).opens_at.minus_micros(HOUR);
    let before = world.rows(EVENTS).await;
    assert_eq!(before.len(), 2);
    let names = ["Officer Two", "Officer Three"];
    let [two, three] = ensure_officers(&mut world.act(at), names, "vacancy").await.unwrap();
    let mut expected = before.clone();
    expected.push(format!("(officer:{},{{}})", three.uuid()));
    assert_eq!(world.rows(EVENTS).await, expected);
    assert!(before.contains(&format!("(officer:{},{{}})", two.uuid())));
    let again = ensure_officers(&mut world.act(at), names, "vacancy").await.unwrap();
    assert_eq!(again, [two, three]);
    assert_eq!(world.rows(EVENTS).await, expected);
}
