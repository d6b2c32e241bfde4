// Reads a receipt's QR code by the camera, where the browser can.

/** Shows `button` if scanning is possible; `use` gets the first text that is seen. */
export async function offerScan(button, camera, stop, use) {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  if (!(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) return;
  const video = camera.querySelector("video");
  button.hidden = false;

  function close() {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    camera.hidden = true;
  }

  async function look(detector) {
    while (video.srcObject) {
      const [code] = await detector.detect(video).catch(() => []);
      if (code) {
        close();
        use(code.rawValue);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  button.addEventListener("click", async () => {
    if (video.srcObject) return;
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      camera.hidden = false;
      stop.focus();
      await video.play();
      await look(new BarcodeDetector({ formats: ["qr_code"] }));
    } catch {
      close();
    }
    button.focus();
  });
  stop.addEventListener("click", close);
}
