// A photo, scaled down until it is small enough to be sent over a poor network. Drawing it anew drops its metadata.
const MOST_BYTES = 300 * 1024;
const SIDES = [1600, 1280, 1024, 800, 640]; // longest side in pixels
const QUALITIES = [0.8, 0.6, 0.4];

// Return `{ type, content }` of at most 300 KB, or null if the file is not an image that the browser can read.
export async function shrink(file) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return null;
  }
  for (const side of SIDES) {
    const scale = Math.min(1, side / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
      if (blob.size < MOST_BYTES) return { type: blob.type, content: await blob.arrayBuffer() };
    }
  }
  return null;
}
