// What one tab loads, in bytes as they go over the line, headers included.

/** How long a page that was loaded may still be loading something. */
const SETTLES_MS = 10_000;

export class Traffic {
  static async of(page) {
    const traffic = new Traffic();
    traffic.cdp = await page.context().newCDPSession(page);
    Object.assign(traffic, { loads: [], total: 0 });
    const kinds = new Map();
    const onWay = (traffic.onWay = new Set());
    traffic.cdp.on("Network.requestWillBeSent", ({ requestId, type }) => {
      // Of what a page still asks for when another one takes its place nothing more is heard.
      if (type === "Document") onWay.clear();
      onWay.add(requestId);
    });
    traffic.cdp.on("Network.responseReceived", ({ requestId, type, response }) => kinds.set(requestId, { type, url: response.url, cached: response.fromDiskCache }));
    traffic.cdp.on("Network.loadingFailed", ({ requestId }) => onWay.delete(requestId));
    traffic.cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      onWay.delete(requestId);
      const known = kinds.get(requestId);
      if (!known || known.url.startsWith("data:")) return;
      traffic.loads.push({ ...known, bytes: encodedDataLength });
      traffic.total += encodedDataLength;
    });
    await traffic.cdp.send("Network.enable");
    return traffic;
  }

  /** Waits until nothing is on its way. What a page needs was asked for by the time that it is loaded. */
  async settles() {
    for (const end = Date.now() + SETTLES_MS; this.onWay.size > 0; await new Promise((resolve) => setTimeout(resolve, 10))) {
      if (Date.now() > end) throw new Error(`something is still on its way after ${SETTLES_MS} ms`);
    }
  }

  /** Bytes of one type, or all, since this was last forgotten. */
  taken(wanted) {
    return this.loads.filter(({ type }) => !wanted || type === wanted).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  forget() {
    this.loads.length = 0;
  }
}
