// A line between a browser and a server that can stop amid what is being sent.
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** What still gets through of a piece that stops. */
const BEGINNING = 3_000;

export class Line {
  /** Opens a line to a server; `base` is where the browser finds it. */
  static async to(server) {
    const line = new Line();
    const { hostname, port } = new URL(server);
    line.stops = false;
    line.server = createServer((browser) => line.joins(browser, connect(Number(port), hostname)));
    line.server.listen(0, "127.0.0.1");
    await once(line.server, "listening");
    line.base = `http://127.0.0.1:${line.server.address().port}`;
    return line;
  }

  joins(browser, server) {
    browser.on("data", (piece) => {
      const isCut = this.stops && piece.length > BEGINNING;
      server.write(isCut ? piece.subarray(0, BEGINNING) : piece);
      if (isCut) browser.pause();
    });
    server.on("data", (piece) => browser.write(piece));
    server.on("close", () => browser.destroySoon());
    browser.on("close", () => server.destroy());
    // A browser that goes away is no fault of the line.
    for (const end of [browser, server]) end.on("error", () => {});
  }

  close() {
    this.server.close();
  }
}
