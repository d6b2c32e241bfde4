// A picture stops amid its way: whoever sent it is told that it has not arrived, and sends it again.
import { Line } from "../line.mjs";
import { NEW, as } from "../people.mjs";

/** What it says is the same at a desk; at which a line seldom stops. */
export const fits = ({ size }) => size === "phone";

/** Larger than what gets through, and no picture: nothing looks at it. */
const PICTURE = { name: "foto.jpg", mimeType: "image/jpeg", buffer: Buffer.alloc(2_000_000, 7) };

export async function run(visit) {
  const line = await Line.to(visit.base);
  visit.base = visit.origin = line.base;
  try {
    await as(visit, NEW);
    await visit.go("/pendaftaran/foto-ktp");
    await visit.page.setInputFiles("#foto", PICTURE);
    line.stops = true;
    // It is given up once too little has come for 20 s; a script shows on the page what was answered.
    if (visit.cell.scripts) await visit.page.locator("main button").first().click();
    else await visit.press();
    await visit.waits(visit.say(/Foto belum sampai/, /The photo has not arrived/), 40);
    line.stops = false;
    await visit.look("picture-stalled", { status: visit.cell.scripts ? 200 : 503 });
    await visit.follow(visit.say("Buka halaman itu lagi", "Open that page anew"));
    await visit.isAt("/pendaftaran/foto-ktp");
  } finally {
    line.close();
  }
}
