// What the simulated mail server and gateway took, and switches that take simulators away.

/** The page of the sandbox at an address. */
export class Inbox {
  constructor(base) {
    this.base = base;
    this.away = new Map();
  }

  async letters() {
    return (await fetch(`${this.base}/letters.json`)).json();
  }

  /** The newest letter to somebody whose words match; waits for it. `not` is a word of an older one. */
  async letter(to, words, { seconds = 20, kind, not } = {}) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      const says = (text) => words.test(text) && !(not && text.includes(not));
      const fits = (one) => one.to.includes(to) && (!kind || one.kind === kind) && says(`${one.subject}\n${one.body}`);
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

  /** Does something while a simulator is away; it comes back once nobody needs it away any more. */
  async without(name, act) {
    const needed = (more) => this.away.set(name, (this.away.get(name) ?? 0) + more).get(name);
    if (needed(1) === 1) await this.switch(name, "on");
    try {
      return await act();
    } finally {
      if (needed(-1) === 0) await this.switch(name, "off");
    }
  }

  async switch(name, outage) {
    const { status } = await fetch(`${this.base}/outages/${name}/${outage}`, { method: "POST", redirect: "manual" });
    if (status !== 303) throw new Error(`the sandbox cannot switch ${name}: ${status}`);
  }
}
