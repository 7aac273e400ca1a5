// Scan a voucher's QR code with the camera, where the browser can read codes; typing always works.
const button = document.getElementById("scan");
const camera = document.getElementById("camera");
const counter = document.getElementById("counter");

async function scan() {
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  camera.srcObject = stream;
  camera.hidden = false;
  button.hidden = true;
  await camera.play();
  for (;;) {
    const [found] = await detector.detect(camera);
    if (found) {
      stream.getTracks().forEach((track) => track.stop());
      counter.elements.code.value = found.rawValue;
      counter.submit();
      return;
    }
    await new Promise(requestAnimationFrame);
  }
}

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  button.hidden = false;
  button.addEventListener("click", () => scan().catch(() => { camera.hidden = true; button.hidden = true; }));
}
