// What the simulated mail server and gateway took, and switches that take simulators away.

/** The page of the sandbox at an address. */
export class Inbox {
  constructor(base) {
    this.base = base;
    this.away = Promise.resolve();
  }

  async letters() {
    return (await fetch(`${this.base}/letters.json`)).json();
  }

  /** The newest letter to somebody whose words match; waits for it. `not` are words of older ones. */
  async letter(to, words, { seconds = 20, kind, not = [] } = {}) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      const says = (text) => words.test(text) && !not.some((word) => text.includes(word));
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

  /** The codes that somebody has been sent so far. */
  async codes(to) {
    const own = (await this.letters()).filter((one) => one.to.includes(to));
    return own.flatMap(({ subject, body }) => `${subject}\n${body}`.match(/\b\d{6}\b/) ?? []);
  }

  /**
   * Does something while a simulator is away. One at a time and for a moment: whoever is asked about while it is away waits
   * a minute, and twice as long the next time.
   */
  async without(name, act) {
    const before = this.away;
    let comesBack;
    this.away = new Promise((resolve) => (comesBack = resolve));
    await before;
    await this.switch(name, "on");
    try {
      return await act();
    } finally {
      await this.switch(name, "off");
      comesBack();
    }
  }

  async switch(name, outage) {
    const { status } = await fetch(`${this.base}/outages/${name}/${outage}`, { method: "POST", redirect: "manual" });
    if (status !== 303) throw new Error(`the sandbox cannot switch ${name}: ${status}`);
  }
}
