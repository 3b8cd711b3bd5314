import assert from "node:assert/strict";
import { decoderOf, detectEncoding, isEncoding } from "../../../lib/webitel/encoding.js";
import { encoded, type Encoding } from "../../support/webitel/encode.js";

const TEXTS: Record<string, string> = {
  Ukrainian: "Ім'я;Телефон;Місто\r\nОлена Бойко;+380501112233;Київ\r\nЇжакевич Ґалаґан;+380501112234;Львів\r\n",
  Russian: "Имя;Телефон\r\nАнна Иванова;+79161234567\r\n",
  German:
    "Name;Telefon;Straße\r\nJürgen Müller;+49301234567;Königsallee 5\r\nBärbel Groß;+49301234568;Große Straße\r\n",
  French:
    "Prénom;Téléphone\r\nAnaïs Lefèvre;+33145678901\r\nFrançoise Cœur;+33145678902\r\nHélène Bérénger;+33145678903\r\nRené Éluard;+33145678904\r\nZoé Crépin;+33145678905\r\nThérèse Naïm;+33145678906\r\nAndré Salé;+33145678907\r\n",
  Finnish: "Nimi;Puhelin\r\nÄijälä Pöyhönen;+358401234567\r\nÅsa Öberg;+358401234568\r\n",
  Spanish: "Nombre;Teléfono\r\nMª José Núñez;+34912345678\r\nÁngel Peña;+34912345679\r\n",
  Polish: "Imię;Telefon;Miasto\r\nŁukasz Wiśniewski;+48221234567;Łódź\r\nMałgorzata Żółć;+48221234568;Kraków\r\n",
  Czech:
    "Jméno;Telefon\r\nJiří Dvořák;+420221234567\r\nŽofie Němcová;+420221234568\r\nŠtěpán Růžička;+420221234569\r\n",
  "short Polish": "name;destination\nWałęsa;+48221234567\nŻółć;+48221234568\n",
  "longer Polish": "name;destination\nWałęsa;1\nŻółć;2\nJędrzej;3\nŚwiątek;4\n",
  "short Ukrainian": "name;destination\nІван Wi-Fi;+380501112233\nКиїв;+380501112234\n",
  "short Czech": "name;destination\nŽižka;+420221234567\nČáp;+420221234568\n",
  English: "Name,Phone\r\nAnn Berg,+442071234567\r\n",
};
const EXPECTED: [string, Encoding][] = [
  ["Ukrainian", "windows-1251"],
  ["Russian", "windows-1251"],
  ["German", "windows-1252"],
  ["French", "windows-1252"],
  ["Finnish", "windows-1252"],
  ["Spanish", "windows-1252"],
  ["Polish", "windows-1250"],
  ["Czech", "windows-1250"],
  ["short Polish", "windows-1250"],
  ["longer Polish", "windows-1250"],
  ["short Ukrainian", "windows-1251"],
  ["short Czech", "windows-1250"],
];

/** Names of short lists, in which few letters or none tell one encoding from another. */
const SHORT: [language: string, encoding: Encoding, lists: string[][]][] = [
  ["Polish", "windows-1250", [["Wałęsa", "Żółć"], ["Łódź"], ["Nowiński"], ["Zięć", "Ćwik", "Gdańsk"], ["Radość"]]],
  ["Czech", "windows-1250", [["Jiří", "Dvořák"], ["Kučera"], ["Černý", "Němec"], ["Dvůr"], ["Řehoř"], ["Věra"]]],
  ["Hungarian", "windows-1250", [["Erdős", "Tűz", "Kő"], ["Győr"], ["Őrség", "Kovács"], ["Fűrész Jenő"]]],
  ["Ukrainian", "windows-1251", [["Іван", "Київ"], ["Ґалаґан"], ["Олена Бойко"]]],
  ["Russian", "windows-1251", [["Анна Иванова"], ["Пётр"]]],
  ["German", "windows-1252", [["Jürgen Müller"], ["Käthe", "Groß"]]],
  ["French", "windows-1252", [["Hélène", "François"], ["Lefèvre"], ["Anaïs"], ["Noël", "Benoît"], ["Cœur", "Forêt"]]],
  ["Spanish", "windows-1252", [["José Núñez"], ["Peña"], ["Iñaki", "Muñoz"], ["Mª José"]]],
  ["Danish", "windows-1252", [["Bjørn"], ["Kjær", "Åse"], ["Sørensen"]]],
  ["Italian", "windows-1252", [["Nicolò"], ["Forlì", "Cantù"]]],
  ["Portuguese", "windows-1252", [["João"], ["Simões", "Conceição"]]],
];

describe("lib/webitel/encoding", () => {
  for (const [language, encoding, lists] of SHORT) {
    it(`recognizes ${encoding} in short ${language} lists`, () => {
      for (const names of lists) {
        const rows = names.map((name, at) => `${name};+${48_221_234_567 + at}\n`);
        const text = `name;destination\n${rows.join("")}`;
        assert.deepEqual(detectEncoding(encoded(text, encoding)), { encoding }, names.join());
      }
    });
  }

  it("takes signs beside numbers for no letters", () => {
    const text = "name;destination;debt\nAnn;+442071234567;100 £\n";
    assert.deepEqual(detectEncoding(encoded(text, "windows-1252")), { encoding: "windows-1252" });
  });

  for (const [language, encoding] of EXPECTED) {
    it(`recognizes ${encoding} in a ${language} list`, () => {
      assert.deepEqual(detectEncoding(encoded(TEXTS[language] ?? "", encoding)), { encoding });
    });
  }

  it("recognizes UTF-8 and UTF-16 with and without a byte order mark, in every language", () => {
    for (const [language, text] of Object.entries(TEXTS)) {
      for (const encoding of ["utf-8", "utf-16le", "utf-16be"] as const)
        for (const mark of ["", "\uFEFF"])
          assert.deepEqual(detectEncoding(encoded(mark + text, encoding)), { encoding }, `${language} ${encoding}`);
    }
  });

  it("keeps UTF-8 with one damaged cell, and a sample that ends within a letter", () => {
    const text = Buffer.from((TEXTS["Ukrainian"] ?? "").repeat(3));
    text[text.length - 30] = 0xff;
    assert.deepEqual(detectEncoding(text), { encoding: "utf-8" });
    assert.deepEqual(detectEncoding(Buffer.from("Ім'я").subarray(0, 3)), { encoding: "utf-8" });
  });

  it("says what is no text", () => {
    for (const [bytes, noText] of [
      [[0x50, 0x4b, 3, 4, 20, 0], "xlsx"],
      [[0xd0, 0xcf, 0x11, 0xe0, 0xa1], "xls"],
      [[0x25, 0x50, 0x44, 0x46, 0x2d], "pdf"],
      [[0x1f, 0x8b, 8, 0], "gzip"],
      [Array.from({ length: 400 }, (_, at) => (at * 7) % 31), "binary"],
    ] as const)
      assert.deepEqual(detectEncoding(Uint8Array.from(bytes)), { noText });
  });

  it("reads the signs of windows-1252 that node takes for control characters", () => {
    const decoder = decoderOf("windows-1252");
    assert.equal(decoder.decode(Uint8Array.of(0x80, 0x85, 0x92, 0x96, 0x9c, 0xe9)) + decoder.decode(), "€…’–œé");
  });

  it("knows encodings by the names of the Encoding Standard", () => {
    assert.ok(isEncoding("windows-1251") && isEncoding("CP1252") && isEncoding("koi8-u"));
    assert.ok(!isEncoding("win1251") && !isEncoding(""));
  });
});
