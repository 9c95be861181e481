/** One small edit of the codec that makes it wrong. */
export interface Fault {
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly text: string;
  readonly replacement: string;
}

const inFile =
  (file: string) =>
  (name: string, text: string, replacement = ''): Fault => ({ name, file, text, replacement });

const fields = inFile('fields.ts');
const entry = inFile('entry.ts');
const checkRequest = inFile('check-request.ts');

export const faults: readonly Fault[] = [
  fields(
    'a fifth byte above 0x0f passes',
    'if (shift === 28 && byte > 0x0f) return this.#break();',
  ),
  fields('tags and lengths have four bytes', 'shift < 35', 'shift < 28'),
  fields('field number 0 passes', 'if (this.number === 0) this.#break();'),
  fields('field number 0 passes in a group', 'if (inner === 0) this.#break();\n      else '),
  fields('any number ends a group', 'if (open.pop() !== inner) this.#break();', 'open.pop();'),
  fields('groups are not counted', '> this.#maxGroups', '> 10_000'),
  fields('messages are not counted', 'MAX_DEPTH - level', 'MAX_DEPTH'),
  fields('a length one short of the end fails', 'count > this', 'count >= this'),
  fields('a length one past the end passes', 'count > this.#end', 'count > 1 + this.#end'),
  fields(
    'lengths pass, whatever they are',
    'if (count > this.#end - this.#pos) this.#break();\n    else ',
  ),
  fields('a varint has nine bytes', 'MAX_VARINT_BYTES = 10', 'MAX_VARINT_BYTES = 9'),
  fields('32 bits are 64', 'this.#skipBytes(4)', 'this.#skipBytes(8)'),
  fields(
    'unknown wire types are empty',
    'else this.#break();\n  }\n\n  #skipVarint',
    '}\n\n  #skipVarint',
  ),
  fields('any wire type is content', ' && this.wireType === WireType.LENGTH_DELIMITED'),
  entry('a key is its beginning', 'keyStart !== name.length', 'keyStart < name.length'),
  entry('a key is the beginning of the name', 'keyStart !== name.length', 'keyStart > name.length'),
  entry('a map has raw values', 'this.#hasRawValue && cursor', 'cursor'),
  entry('an empty raw value replaces the value', 'rawStop > rawStart', 'rawStop > 0'),
  entry(
    'the last entry shines through',
    'this.keyStart = this.keyStop = this.valueStart = this.valueStop = 0;',
  ),
  entry('the usual entry may end anywhere', 'valueStart + length !== stop', 'false'),
  entry('the usual entry has any value', ' || bytes[keyStop] !== VALUE_TAG'),
  entry('a broken entry passes', 'return !cursor.broken', 'return true'),
  checkRequest(
    'the first method wins',
    'http.is(METHOD)',
    'http.is(METHOD) && this.#methodStop === 0',
  ),
  checkRequest(
    'the first header wins',
    'header.keyIs(this.#bytes, name)) value =',
    'header.keyIs(this.#bytes, name)) value ??=',
  ),
  checkRequest(
    'the first extension wins',
    'pairs.set(name',
    'if (!pairs.has(name)) pairs.set(name',
  ),
  checkRequest('header_map is not joined', 'joined === undefined ?', 'true ?'),
  checkRequest('header_map beats headers', 'value ?? joined', 'joined ?? value'),
  checkRequest('an empty header is none', 'value ?? joined', 'value || joined'),
  checkRequest(
    'the last http replaces the others',
    'withPart(this.#https, ',
    'withPart(NO_PARTS, ',
  ),
  checkRequest('a broken header_map passes', 'if (headerMap.broken) return false;'),
  checkRequest('a broken request passes', 'if (request.broken) return false;'),
  checkRequest('a broken check keeps its parts', 'if (this.fault !== undefined) this.#forget();'),
  checkRequest('strings are latin1', "toString('utf8'", "toString('latin1'"),
];
