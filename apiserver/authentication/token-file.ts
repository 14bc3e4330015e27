import type { UserInfo } from './user-info.ts';

/**
 * Parses a static token file: `token,user,uid[,"group1,group2"]` a line (kube-apiserver --token-auth-file).
 * An error names the line, not what is in it.
 */
export function parseTokenFile(text: string): Map<string, UserInfo> {
  const tokens = new Map<string, UserInfo>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [token = '', name = '', uid = '', groups = ''] = splitCsv(line);
    if (token === '' || name === '')
      throw new Error(`token file line ${index + 1}: want token,user,uid[,"groups"]`);
    const list = groups.split(',').flatMap((group) => (group.trim() === '' ? [] : [group.trim()]));
    tokens.set(token, { name, uid, groups: list });
  }
  return tokens;
}

function splitCsv(line: string): string[] {
  const fields: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    fields.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim());
  }
  return fields;
}
