// Reads Mapbox Vector Tiles 2.1: features with id, properties and geometry in the units of the tile.

const TYPES = [null, "point", "line", "polygon"];

/** The features of the first layer of a tile: { id, type, properties, parts }, and the tile's extent. */
export function readTile(buffer) {
  const reader = new Reader(new Uint8Array(buffer));
  for (const [field, value] of reader.fields()) if (field === 3) return readLayer(value);
  return { extent: 4096, features: [] };
}

function readLayer(bytes) {
  const [keys, values, raw] = [[], [], []];
  let extent = 4096;
  for (const [field, value] of new Reader(bytes).fields()) {
    if (field === 2) raw.push(value);
    else if (field === 3) keys.push(text(value));
    else if (field === 4) values.push(readValue(value));
    else if (field === 5) extent = value;
  }
  return { extent, features: raw.map((feature) => readFeature(feature, keys, values)) };
}

function readFeature(bytes, keys, values) {
  const found = { id: null, type: null, properties: {}, parts: [] };
  for (const [field, value] of new Reader(bytes).fields()) {
    if (field === 1) found.id = value;
    else if (field === 3) found.type = TYPES[value] ?? null;
    else if (field === 4) found.parts = readGeometry(new Reader(value));
    else if (field === 2) {
      const tags = new Reader(value).numbers();
      for (let i = 0; i + 1 < tags.length; i += 2) found.properties[keys[tags[i]]] = values[tags[i + 1]];
    }
  }
  return found;
}

function readGeometry(reader) {
  const numbers = reader.numbers();
  const parts = [];
  let [x, y, at] = [0, 0, 0];
  while (at < numbers.length) {
    const [command, count] = [numbers[at] & 7, numbers[at] >> 3];
    at++;
    if (command === 7) {
      parts.at(-1).push(parts.at(-1)[0]);
      continue;
    }
    for (let i = 0; i < count; i++, at += 2) {
      x += unzigzag(numbers[at]);
      y += unzigzag(numbers[at + 1]);
      if (command === 1) parts.push([]);
      parts.at(-1).push([x, y]);
    }
  }
  return parts;
}

function readValue(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [field, value] of new Reader(bytes).fields()) {
    if (field === 1) return text(value);
    if (field === 2) return view.getFloat32(1, true);
    if (field === 3) return view.getFloat64(1, true);
    if (field === 6) return unzigzag(value);
    return field === 7 ? value === 1 : value;
  }
  return null;
}

const decoder = new TextDecoder();

function text(bytes) {
  return decoder.decode(bytes);
}

function unzigzag(n) {
  return n % 2 ? -(n + 1) / 2 : n / 2;
}

/** Protocol buffers, as far as tiles need them. Numbers up to 2**53. */
class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  *fields() {
    while (this.at < this.bytes.length) {
      const key = this.number();
      const [field, kind] = [Math.floor(key / 8), key % 8];
      if (kind === 0) yield [field, this.number()];
      else if (kind === 1) yield [field, this.#take(8)];
      else if (kind === 5) yield [field, this.#take(4)];
      else if (kind === 2) yield [field, this.#take(this.number())];
      else throw new RangeError(`wire type ${kind}`);
    }
  }

  numbers() {
    const found = [];
    while (this.at < this.bytes.length) found.push(this.number());
    return found;
  }

  number() {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  }

  #take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
