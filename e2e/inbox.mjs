// What the simulated mail server and gateway took, and switches that take simulators away.

/** The page of the sandbox at an address. */
export class Inbox {
  constructor(base) {
    this.base = base;
  }

  async letters() {
    return (await fetch(`${this.base}/letters.json`)).json();
  }

  /** The newest letter to somebody whose words match; waits for it. */
  async letter(to, words, { seconds = 20, kind } = {}) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      const fits = (one) => one.to.includes(to) && (!kind || one.kind === kind) && words.test(`${one.subject}\n${one.body}`);
      const found = (await this.letters()).find(fits);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`no letter to ${to} says ${words} within ${seconds} s`);
  }

  /** The code of six digits in the newest letter to somebody. */
  async code(to, options) {
    const { subject, body } = await this.letter(to, /\b\d{6}\b/, options);
    return `${subject}\n${body}`.match(/\b\d{6}\b/)[0];
  }

  /** Takes a simulator away, or brings it back. */
  async outage(name, isOn) {
    const { status } = await fetch(`${this.base}/outages/${name}/${isOn ? "on" : "off"}`, { method: "POST", redirect: "manual" });
    if (status !== 303) throw new Error(`the sandbox cannot switch ${name}: ${status}`);
  }
}
