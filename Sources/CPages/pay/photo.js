// Makes of what a person gives a picture that is worth sending: photos of phones are ten times larger than a slip needs.

export const limits = {
    /** Pixels of the longer side; the small QR of a slip that fills half of it is still read. */
    side: 1_600,
    /** A picture that is neither wider nor heavier is sent as it is. Bytes. */
    bytes: 1_500_000,
    /** Nothing heavier is opened at all. Bytes. */
    file: 40_000_000,
    /** Of the preview, pixels. */
    preview: 360,
};

const kept = ['image/jpeg', 'image/png', 'image/webp', 'image/gif'];

/** `{blob, width, height}` to send. Throws a key of the page's words: `photo.large`, `photo.unreadable`. */
export async function prepared(file, preview) {
    if (file.size > limits.file) throw new Unusable('photo.large');
    let bitmap;
    try {
        // Turned upright, as the camera says.
        bitmap = await createImageBitmap(file);
    } catch {
        throw new Unusable('photo.unreadable');
    }
    try {
        draw(bitmap, preview, limits.preview);
        const longer = Math.max(bitmap.width, bitmap.height);
        if (longer <= limits.side && file.size <= limits.bytes && kept.includes(file.type)) {
            return { blob: file, width: bitmap.width, height: bitmap.height };
        }
        const canvas = document.createElement('canvas');
        draw(bitmap, canvas, limits.side);
        const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.9));
        if (!blob) throw new Unusable('photo.unreadable');
        return { blob, width: canvas.width, height: canvas.height };
    } finally {
        bitmap.close();
    }
}

export class Unusable extends Error {
    constructor(key) {
        super(key);
        this.key = key;
    }
}

function draw(bitmap, canvas, side) {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const pen = canvas.getContext('2d');
    pen.imageSmoothingQuality = 'high';
    // What is transparent would become black.
    pen.fillStyle = '#ffffff';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
}

/** The picture among what was dropped or pasted; null: there is none. */
export function pictureIn(transfer) {
    const file = [...transfer?.files ?? []].find((each) => each.type.startsWith('image/'));
    if (file) return file;
    // A picture that was dragged out of a page has no file everywhere.
    const address = transfer?.getData('text/uri-list') ?? '';
    return address.startsWith('data:image/') ? fromAddress(address) : transfer?.files?.[0] ?? null;
}

/** The file behind a data URL. */
export function fromAddress(address) {
    const [head, body] = address.split(',', 2);
    const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
    return new Blob([bytes], { type: /^data:([^;]*)/.exec(head)[1] });
}
