/**
 * Lists as people have them: what spreadsheets in several languages, exports of CRMs and hands write, whole and damaged, and what must
 * come out. The bytes are made here from readable text.
 */
import assert from "node:assert/strict";
import type { ContactCenterError } from "../../../lib/webitel/errors.js";
import { checkHeader } from "../../../lib/webitel/header.js";
import { type Default, type Mapping, type MappingResult, memberMapper } from "../../../lib/webitel/member.js";
import { phoneReader } from "../../../lib/webitel/phone.js";
import type { Separator } from "../../../lib/webitel/tables.js";
import { textSource } from "../../../lib/webitel/upload/csv-source.js";
import { encoded, type Encoding } from "../../support/webitel/encode.js";

/** Who is loaded: name and numbers. */
type Loaded = [name: string | undefined, ...numbers: string[]];

interface List {
  name: string;
  text: string;
  encoding?: Encoding;
  /** Columns to fields; without it columns are named like fields. */
  mapping?: Record<string, string>;
  separator?: Separator;
  country?: string;
  /** Settings other than the default `auto`. */
  encodingSetting?: string;
  loaded?: Loaded[];
  rejected?: [line: number, key: string][];
  /** Key of the error that refuses the whole list. */
  refused?: string;
}

const ANNA: Loaded = ["Anna Berg", "+380501112201"];
const BORYS: Loaded = ["Borys Koval", "+380501112202"];
const UA = { "Ім'я": "name", Телефон: "destination" };
const DE = { Name: "name", Telefon: "destination" };

const LISTS: List[] = [
  {
    name: "Excel in English, CSV UTF-8",
    text: "\uFEFFName,Phone\r\nAnna Berg,+380501112201\r\nBorys Koval,+380501112202\r\n",
    mapping: { Name: "name", Phone: "destination" },
    loaded: [ANNA, BORYS],
  },
  {
    name: "Excel in Ukrainian, plain CSV: windows-1251 and semicolons",
    text: "Ім'я;Телефон;Сума\r\nОлена Їжак;+380501112203;120,50\r\nҐанна Єва;+380501112204;0\r\n",
    encoding: "windows-1251",
    mapping: UA,
    loaded: [
      ["Олена Їжак", "+380501112203"],
      ["Ґанна Єва", "+380501112204"],
    ],
  },
  {
    name: "Excel in Ukrainian, Unicode text: UTF-16 and tabs",
    text: "\uFEFFІм'я\tТелефон\r\nОлена\t+380501112203\r\n",
    encoding: "utf-16le",
    mapping: UA,
    loaded: [["Олена", "+380501112203"]],
  },
  {
    name: "Excel in German, plain CSV: windows-1252",
    text: "Name;Telefon;Straße\r\nJürgen Groß;+49301234567;Königsallee 5\r\nBärbel Müller;+49301234568;–\r\n",
    encoding: "windows-1252",
    mapping: DE,
    loaded: [
      ["Jürgen Groß", "+49301234567"],
      ["Bärbel Müller", "+49301234568"],
    ],
  },
  {
    name: "Excel in Polish, plain CSV: windows-1250",
    text: "Imię;Telefon\r\nŁukasz Żółć;+48221234567\r\nMałgorzata Wiśniewska;+48221234568\r\n",
    encoding: "windows-1250",
    mapping: { Imię: "name", Telefon: "destination" },
    loaded: [
      ["Łukasz Żółć", "+48221234567"],
      ["Małgorzata Wiśniewska", "+48221234568"],
    ],
  },
  {
    name: "Excel in Finnish, encoding chosen by hand",
    text: "Nimi;Puhelin\r\nÄijä Pöyhönen;+358401234567\r\n",
    encoding: "windows-1252",
    encodingSetting: "windows-1252",
    mapping: { Nimi: "name", Puhelin: "destination" },
    loaded: [["Äijä Pöyhönen", "+358401234567"]],
  },
  {
    name: "Excel with the separator in its first line",
    text: "sep=;\r\nname;destination\r\nAnna Berg;+380501112201\r\n",
    loaded: [ANNA],
  },
  {
    name: "Excel that left out separators of blank cells at the end",
    text: "name;destination;type;description\r\nAnna Berg;+380501112201;1;mobile\r\nBorys Koval;+380501112202\r\n",
    loaded: [ANNA, BORYS],
  },
  {
    name: "Excel with empty rows and columns at the end",
    text: "name;destination;;\r\nAnna Berg;+380501112201;;\r\n;;;\r\nBorys Koval;+380501112202;;\r\n;;;\r\n;;;\r\n",
    loaded: [ANNA, BORYS],
  },
  {
    name: "Excel that made numbers short",
    text: "name;destination\r\nAnna Berg;+380501112201\r\nX;3,80501E+11\r\nY;380501112202,00\r\n",
    loaded: [ANNA],
    rejected: [
      [3, "spreadsheet"],
      [4, "decimal"],
    ],
  },
  {
    name: "Excel with numbers kept as text by a formula or an apostrophe",
    text: 'name;destination\r\nAnna Berg;"=""+380501112201"""\r\nBorys Koval;\'+380501112202\r\n',
    loaded: [ANNA, BORYS],
  },
  {
    name: "Excel with formula errors",
    text: "name;destination\r\nX;#N/A\r\nY;#REF!\r\nAnna Berg;+380501112201\r\n",
    loaded: [ANNA],
    rejected: [
      [2, "no-number"],
      [3, "no-number"],
    ],
  },
  {
    name: "Excel's dates and serial days",
    text: "name;destination;expire_at\r\nAnna Berg;+380501112201;02.05.2100 18:00\r\nX;+380501112203;01.01.2020 10:00\r\nY;+380501112204;20260502\r\nBorys Koval;+380501112202;73000,5\r\n",
    loaded: [ANNA, BORYS],
    rejected: [
      [3, "past"],
      [4, "early"],
    ],
  },
  {
    name: "an Excel workbook under a CSV's name",
    text: "PK\u0003\u0004\u0014\u0000\u0006\u0000",
    refused: "source.xlsx",
  },
  { name: "a PDF", text: "%PDF-1.7\n1 0 obj\n", refused: "source.pdf" },
  {
    name: "LibreOffice: commas, every text quoted, line feeds",
    text: '"name","destination","description"\n"Anna Berg","+380501112201","said ""yes"""\n"Borys Koval","+380501112202",""\n',
    loaded: [ANNA, BORYS],
  },
  {
    name: "LibreOffice, UTF-16 without a byte order mark",
    text: "Ім'я;Телефон\nОлена;+380501112203\n",
    encoding: "utf-16be",
    mapping: UA,
    loaded: [["Олена", "+380501112203"]],
  },
  {
    name: "a CRM's export with notes of several lines",
    text: 'id,name,destination,note\r\n1,Anna Berg,+380501112201,"Called twice,\r\nno answer;\r\ntry again"\r\n2,Borys Koval,+380501112202,\r\n',
    loaded: [ANNA, BORYS],
  },
  {
    name: "a CRM's export with three numbers and an address in a cell of two lines",
    text: 'name;destination;destination2;destination3;address\r\nAnna Berg;+380501112201;;+380671112201;"Khreshchatyk 1\r\nKyiv; Ukraine"\r\n',
    loaded: [["Anna Berg", "+380501112201", "+380671112201"]],
  },
  {
    name: "a CRM's export that does not double its quotes",
    text: 'name;destination\n"ТОВ "Ромашка"";+380501112203\nТОВ "Волошка";+380501112204\n"Anna Berg";+380501112201\n',
    loaded: [['ТОВ "Волошка"', "+380501112204"], ANNA],
    rejected: [[2, "quote"]],
  },
  {
    name: "a CRM's export with a column twice",
    text: "name;destination;destination\nAnna Berg;;+380501112201\n",
    refused: "header.twice",
  },
  {
    name: "a CRM's export whose column was renamed",
    text: "Client;Phone number\nAnna Berg;+380501112201\n",
    mapping: { Client: "name", Phone: "destination" },
    refused: "header.missing",
  },
  {
    name: "numbers copied from contacts, with marks that nobody sees",
    text: "name;destination\nAnna Berg;\u202A+380501112201\u202C\nBorys Koval;\uFEFF+380501112202\u200B\n",
    loaded: [ANNA, BORYS],
  },
  {
    name: "national numbers as people write them",
    text: "name;destination\nAnna Berg;050 111-22-01\nBorys Koval;(050) 111 22 02\nX;050 111\nY;+380501112203\n",
    country: "UA",
    loaded: [ANNA, BORYS, ["Y", "+380501112203"]],
    rejected: [[4, "impossible"]],
  },
  {
    name: "two numbers in a cell",
    text: "name;destination\nX;+380501112203, +380671112203\nY;+380501112203/+380671112203\nAnna Berg;+380501112201\n",
    loaded: [ANNA],
    rejected: [
      [2, "no-number"],
      [3, "no-number"],
    ],
  },
  {
    name: "words where a number should be",
    text: "name;destination\nX;n/a\nY;-\nZ;ask Olena\nW;\nAnna Berg;+380501112201\n",
    loaded: [ANNA],
    rejected: [
      [2, "no-number"],
      [3, "no-number"],
      [4, "no-number"],
      [5, "missing"],
    ],
  },
  {
    name: "a template's header with rows that a script appended: mixed line ends",
    text: "name;destination\r\nAnna Berg;+380501112201\nBorys Koval;+380501112202\n",
    loaded: [ANNA, BORYS],
  },
  {
    name: "two files put together: mixed line ends and a second header",
    text: "name;destination\r\nAnna Berg;+380501112201\r\nname;destination\nBorys Koval;+380501112202\n",
    loaded: [ANNA, BORYS],
    rejected: [[3, "no-number"]],
  },
  {
    name: "an old Macintosh's line ends",
    text: "name;destination\rAnna Berg;+380501112201\rBorys Koval;+380501112202\r",
    loaded: [ANNA, BORYS],
  },
  {
    name: "hand-made, a comma in a name",
    text: "name,destination\nBerg, Anna,+380501112201\nBorys Koval,+380501112202",
    loaded: [BORYS],
    rejected: [[2, "cells"]],
  },
  {
    name: "hand-made, inches with stray quotes",
    text: 'name;destination\n"27 inch;+380501112203\nAnna Berg;+380501112201\n"5 disk;+380501112204\nBorys Koval;+380501112202\n',
    loaded: [ANNA, BORYS],
    rejected: [
      [2, "quote"],
      [4, "quote"],
    ],
  },
  {
    name: "hand-made, a quote opened and never closed",
    text: 'name;destination\nAnna Berg;+380501112201\n"X;+380501112203\nBorys Koval;+380501112202\n',
    loaded: [ANNA, BORYS],
    rejected: [[3, "quote"]],
  },
  {
    name: "hand-made, no header",
    text: "Anna Berg;+380501112201\nBorys Koval;+380501112202\n",
    refused: "header.no-destination",
  },
  {
    name: "hand-made, a comma in a header of semicolons",
    text: "name;destination, mobile\nAnna Berg;+380501112201\n",
    mapping: { name: "name", "destination, mobile": "destination" },
    loaded: [ANNA],
  },
  {
    name: "hand-made, tabs chosen by hand, names with separators",
    text: "name\tdestination\nBerg; Anna, Dr.\t+380501112201\n",
    separator: "tab",
    loaded: [["Berg; Anna, Dr.", "+380501112201"]],
  },
  {
    name: "hand-made, destination1 and destination2",
    text: "name,destination1,destination2\nAnna Berg,+380501112201,+380671112201\n",
    loaded: [["Anna Berg", "+380501112201", "+380671112201"]],
  },
  {
    name: "UTF-8 with one cell of another encoding",
    text: "name;destination\nОлена;+380501112203\nЇжак;+380501112204\nOl\u00FFna;+380501112205\n",
    encodingSetting: "damaged",
    loaded: [
      ["Олена", "+380501112203"],
      ["Їжак", "+380501112204"],
    ],
    rejected: [[4, "encoding"]],
  },
  { name: "a header alone", text: "name;destination\n", loaded: [] },
  { name: "nothing at all", text: "", loaded: [] },
];

/** UTF-8 with a byte that is none. */
function damaged(text: string): Buffer {
  const bytes = Buffer.from(text);
  bytes[bytes.indexOf(Buffer.from("\u00FF"))] = 0xff;
  return bytes;
}

describe("lib/webitel, lists as people have them", () => {
  it("are at least thirty", () => assert.ok(LISTS.length >= 30, `${LISTS.length}`));

  for (const list of LISTS) {
    it(`reads ${list.name}`, async () => {
      const isDamaged = list.encodingSetting === "damaged";
      const bytes = isDamaged ? damaged(list.text) : encoded(list.text, list.encoding ?? "utf-8");
      const mapping = Object.entries(list.mapping ?? {}).map(([column, field]): Mapping => ({ column, field }));
      const defaults: Default[] = [{ field: "type", value: "1" }];
      const toE164 = list.country === undefined ? undefined : await phoneReader(list.country);
      const toMember = memberMapper({ mapping, defaults, timezone: "Europe/Kyiv", toE164 });
      const source = textSource(bytes, {
        separator: list.separator ?? "auto",
        encoding: isDamaged ? "auto" : (list.encodingSetting ?? "auto"),
        checkHeader: (header) => checkHeader(header, { mapping, defaults }),
      });
      const loaded: Loaded[] = [];
      const rejected: [number | undefined, string][] = [];
      const read = async (): Promise<void> => {
        await source.measure();
        for await (const rows of source.rows())
          for (const row of rows) {
            const { member, error }: MappingResult = row.error ? { error: row.error } : toMember(row.data);
            if (member) loaded.push([member.name, ...member.communications.map(({ destination }) => destination)]);
            else rejected.push([row.line, error?.key ?? ""]);
          }
      };
      if (list.refused === undefined) {
        await read();
        assert.deepEqual(loaded, list.loaded);
        assert.deepEqual(rejected, list.rejected ?? []);
      } else {
        await assert.rejects(read, ({ code, key }: ContactCenterError) => {
          assert.deepEqual([code, key], ["EINVALID", `webitel.errors.${list.refused}`]);
          return true;
        });
        assert.deepEqual([loaded, rejected], [[], []]);
      }
    });
  }
});
