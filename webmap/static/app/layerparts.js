// Which layers are shown, how full, and which above the others, as parts of the address.

/** The parts. `show(layers, visible)` shows or hides, `told(layer)` is called when a layer was faded. */
export function layerParts(layers, show, told) {
  return [shownPart(layers, show), opacityPart(layers, told), topPart(layers)];
}

function shownPart(layers, show) {
  const declared = () => layers.all.every((layer) => layer.visible === layer.shown);
  return {
    name: "layers",
    read: () => (declared() ? null : layers.all.filter((layer) => layer.visible).map(({ id }) => id).join(",") || "none"),
    write(text) {
      const ids = text === null || text === "none" ? [] : text.split(",");
      const known = knownOf(ids, layers);
      const isUnread = text !== null && text !== "none" && !known.length;
      const isWanted = (layer) => (text === null || isUnread ? layer.shown : known.includes(layer.id));
      const changed = layers.all.filter((layer) => layer.visible !== isWanted(layer));
      for (const layer of changed) show([layer], isWanted(layer));
      return ids.filter((id) => !known.includes(id));
    },
  };
}

function opacityPart(layers, told) {
  return {
    name: "opacity",
    read: () => layers.all.filter((layer) => layer.opacity !== 1).map((layer) => `${layer.id}:${layer.opacity}`).join(",") || null,
    write(text) {
      const wanted = new Map((text ?? "").split(",").filter(Boolean).map((pair) => pair.split(":")));
      for (const layer of layers.all) {
        const opacity = opacityOf(wanted.get(layer.id));
        if (opacity === layer.opacity) continue;
        layers.fade(layer, opacity);
        told(layer);
      }
      const isMeant = ([id, value]) => layers.all.some((layer) => layer.id === id) && opacityOf(value) === Number(value);
      return [...wanted].filter((pair) => !isMeant(pair)).map((pair) => pair.join(":"));
    },
  };
}

function topPart(layers) {
  return {
    name: "top",
    read: () => layers.raised.join(",") || null,
    write(text) {
      const ids = new Set((text ?? "").split(",").filter(Boolean));
      const known = knownOf([...ids], layers);
      layers.raise(known);
      return [...ids].filter((id) => !known.includes(id));
    },
  };
}

function knownOf(ids, layers) {
  return ids.filter((id) => layers.all.some((layer) => layer.id === id));
}

function opacityOf(text) {
  const value = Number(text ?? 1);
  return value >= 0.1 && value <= 1 ? value : 1;
}
