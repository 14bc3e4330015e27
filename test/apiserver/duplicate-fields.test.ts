import { expect, it } from 'vitest';
import { duplicateFields } from '../../apiserver/duplicate-fields.ts';
import { ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS } from './objects.ts';

it.each([
  ['{"a":1,"b":{"a":2}}', []],
  ['{"a":1,"a":2,"a":3}', ['a']],
  ['{"spec":{"ports":[{"x":"\\"{","y":1},{"x":1,"x":[]}]},"k":{"":1,"":2}}', ['spec.ports[1].x', 'k.']],
  ['{"a\\u0062":1,"ab":2}', ['ab']],
  ['[]', []],
])('%s', (text, expected) => {
  expect(duplicateFields(text)).toEqual(expected);
});

it('are refused or warned of, as the client asks', async () => {
  const api = await ApiHarness.start();
  const bytes = Buffer.from('{"metadata":{"name":"a"},"data":{"x":"1","x":"2"},"nope":1}');
  const refused = await api.fails('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, undefined, { bytes });
  expect(refused.message).toContain('strict decoding error: duplicate field "data.x", unknown field "nope"');
  const warned = await api.call('POST', `${CONFIG_MAPS}?fieldValidation=Warn`, undefined, { bytes });
  expect(warned.status).toBe(201);
  expect(warned.headers.warning).toBe(
    '299 - "duplicate field \\"data.x\\"", 299 - "unknown field \\"nope\\""',
  );
  await api.close();
});
