// The list of places as a map: a grid of degrees and a scale instead of tiles from elsewhere.
const map = document.getElementById("map");
const rows = [...document.querySelectorAll(".places [data-latitude]")];
const SMALLEST = 26; // pixels across: a finger finds it
const LARGEST = 40;

const Grid = L.GridLayer.extend({
  createTile(coords) {
    const tile = document.createElement("div");
    const corner = this._tileCoordsToBounds(coords).getNorthWest();
    const digits = coords.z > 15 ? 4 : coords.z > 11 ? 3 : coords.z > 7 ? 2 : 1;
    tile.textContent = `${corner.lat.toFixed(digits)}, ${corner.lng.toFixed(digits)}`;
    return tile;
  },
});

function pin(contacts) {
  const size = Math.min(LARGEST, SMALLEST + 2.5 * Math.sqrt(contacts));
  const dot = document.createElement("div");
  dot.textContent = contacts;
  return L.divIcon({ html: dot, className: `pin${contacts ? " exposed" : ""}`, iconSize: [size, size] });
}

/** What the list says, as nodes: names are texts and never markup. */
function said(row) {
  const found = document.createElement("div");
  found.append(...[...row.childNodes].map((node) => node.cloneNode(true)));
  return found;
}

function show(row, drawn) {
  const contacts = Number(row.dataset.contacts);
  const name = row.querySelector("b").textContent;
  const marker = L.marker([row.dataset.latitude, row.dataset.longitude], {
    icon: pin(contacts),
    title: name,
    alt: `${row.value}. ${name}`,
    riseOnHover: true,
    zIndexOffset: contacts,
  });
  marker.bindPopup(said(row), { closeButton: false }).addTo(drawn);
  row.addEventListener("click", () => marker.openPopup());
  return marker;
}

if (rows.length) {
  map.hidden = false;
  const drawn = L.map(map, { attributionControl: false, maxZoom: 18, minZoom: 3, zoomControl: false });
  const corners = rows.map((row) => [row.dataset.latitude, row.dataset.longitude]);
  drawn.fitBounds(L.latLngBounds(corners).pad(0.15), { maxZoom: 16 });
  new Grid({ tileSize: 128 }).addTo(drawn);
  const titles = { zoomInTitle: map.dataset.nearer, zoomOutTitle: map.dataset.farther };
  L.control.zoom({ position: "bottomright", ...titles }).addTo(drawn);
  L.control.scale({ imperial: false }).addTo(drawn);
  rows.forEach((row) => show(row, drawn));
}
