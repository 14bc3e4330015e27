import protobuf from 'protobufjs/minimal.js';
import type { ApiResponse } from '../../platform/api-transport.ts';
import { jsonAnswer } from '../respond/answer.ts';
import { versionInfo } from '../version.ts';

/** Clients ask with an `@`, which no media type may have; the answer has a dot there (kube-openapi handler.go). */
const ASKED = /application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf/;
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const info = { title: 'Kubernetes', version: versionInfo.gitVersion } as const;

/**
 * An OpenAPI v2 document without definitions. kubectl up to 1.28 will not go on without one, but takes what
 * it needs from v3 (gnostic openapiv2.Document: swagger = 1, info = 2 with title = 1 and version = 2).
 */
export function openApiV2(accept: string | undefined): ApiResponse {
  if (!ASKED.test(accept ?? '')) return jsonAnswer(200, { swagger: '2.0', info, paths: {}, definitions: {} });
  const writer = protobuf.Writer.create().uint32(0x0a).string('2.0');
  writer.uint32(0x12).fork().uint32(0x0a).string(info.title).uint32(0x12).string(info.version).ldelim();
  // No paths and no definitions: both are messages that must be there.
  writer.uint32(0x42).fork().ldelim().uint32(0x4a).fork().ldelim();
  return { status: 200, headers: { 'content-type': PROTOBUF }, body: writer.finish() };
}
