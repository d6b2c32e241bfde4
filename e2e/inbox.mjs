// What the simulated mail server and gateway took, and switches that take simulators away.

/** The page of the sandbox at an address. */
export class Inbox {
  constructor(base) {
    this.base = base;
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

  /** Does something while a simulator is away whenever it is asked about somebody: a NIK, a phone number. */
  async without(name, whom, act) {
    await this.switch(name, whom, "on");
    try {
      return await act();
    } finally {
      await this.switch(name, whom, "off");
    }
  }

  async switch(name, whom, outage) {
    const address = `${this.base}/outages/${name}/${outage}?of=${encodeURIComponent(whom)}`;
    const { status } = await fetch(address, { method: "POST", redirect: "manual" });
    if (status !== 303) throw new Error(`the sandbox cannot switch ${name}: ${status}`);
  }
}
