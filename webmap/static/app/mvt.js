// Reads Mapbox Vector Tiles 2.1. Features are decoded one by one, when they are asked for: a tile may hold
// ten thousand, and the page must answer between them.

const TYPES = [null, "point", "line", "polygon"];

/** The first layer of a tile: its extent, how many features it has, and `feature(i)` → { id, type, properties,
    parts }, where parts are lists of [x, y] in the units of the tile. */
export function readTile(buffer) {
  const reader = new Reader(new Uint8Array(buffer));
  while (reader.more) {
    const [field, kind] = reader.key();
    if (field === 3 && kind === 2) return readLayer(reader.bytes());
    reader.skip(kind);
  }
  return { extent: 4096, size: 0, feature: () => null };
}

function readLayer(bytes) {
  const [keys, values, raw] = [[], [], []];
  let extent = 4096;
  const reader = new Reader(bytes);
  while (reader.more) {
    const [field, kind] = reader.key();
    if (field === 2) raw.push(reader.bytes());
    else if (field === 3) keys.push(decoder.decode(reader.bytes()));
    else if (field === 4) values.push(readValue(reader.bytes()));
    else if (field === 5) extent = reader.number();
    else reader.skip(kind);
  }
  return { extent, size: raw.length, feature: (i) => readFeature(raw[i], keys, values) };
}

function readFeature(bytes, keys, values) {
  const found = { id: null, type: null, properties: {}, parts: [] };
  const reader = new Reader(bytes);
  while (reader.more) {
    const [field, kind] = reader.key();
    if (field === 1) found.id = reader.number();
    else if (field === 2) readTags(new Reader(reader.bytes()), keys, values, found.properties);
    else if (field === 3) found.type = TYPES[reader.number()] ?? null;
    else if (field === 4) found.parts = readGeometry(new Reader(reader.bytes()));
    else reader.skip(kind);
  }
  return found;
}

function readTags(reader, keys, values, properties) {
  while (reader.more) {
    const key = keys[reader.number()];
    properties[key] = values[reader.number()];
  }
}

function readGeometry(reader) {
  const parts = [];
  let part = null;
  let [x, y] = [0, 0];
  while (reader.more) {
    const word = reader.number();
    const [command, count] = [word & 7, word >> 3];
    if (command === 7) {
      part.push(part[0]);
      continue;
    }
    for (let i = 0; i < count; i++) {
      x += unzigzag(reader.number());
      y += unzigzag(reader.number());
      if (command === 1) parts.push((part = []));
      part.push([x, y]);
    }
  }
  return parts;
}

function readValue(bytes) {
  const reader = new Reader(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  while (reader.more) {
    const [field, kind] = reader.key();
    if (field === 1) return decoder.decode(reader.bytes());
    if (field === 2) return view.getFloat32(reader.at, true);
    if (field === 3) return view.getFloat64(reader.at, true);
    if (field === 6) return unzigzag(reader.number());
    if (field === 7) return reader.number() === 1;
    if (field === 4 || field === 5) return reader.number();
    reader.skip(kind);
  }
  return null;
}

const decoder = new TextDecoder();

function unzigzag(n) {
  return n % 2 ? -(n + 1) / 2 : n / 2;
}

/** Protocol buffers, as far as tiles need them. Numbers up to 2**53. */
class Reader {
  constructor(bytes) {
    this.source = bytes;
    this.at = 0;
  }

  get more() {
    return this.at < this.source.length;
  }

  /** The number and the wire type of the next field. */
  key() {
    const key = this.number();
    return [Math.floor(key / 8), key % 8];
  }

  number() {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.source[this.at++];
      value += (byte & 127) * scale;
      if (!(byte >= 128)) return value;
      scale *= 128;
    }
  }

  bytes() {
    const length = this.number();
    this.at += length;
    return this.source.subarray(this.at - length, this.at);
  }

  skip(kind) {
    if (kind === 0) this.number();
    else if (kind === 1) this.at += 8;
    else if (kind === 2) this.bytes();
    else if (kind === 5) this.at += 4;
    else throw new RangeError(`wire type ${kind}`);
  }
}
