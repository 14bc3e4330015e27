import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** The organizations in the subject of a certificate request, PEM in base64; none if it cannot be read. */
export function requestedGroups(request: string): readonly string[] {
  try {
    const pem = Buffer.from(request, 'base64').toString('latin1');
    return new x509.Pkcs10CertificateRequest(pem).subjectName.getField('O');
  } catch {
    return [];
  }
}
