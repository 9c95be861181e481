import { fileURLToPath } from 'node:url';
import type { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

const PROTO_DIR = fileURLToPath(new URL('../../../proto', import.meta.url));

/** Serves grpc.reflection, from the definitions in proto/. */
export function addReflection(server: Server): void {
  const files = ['envoy/service/auth/v3/external_auth.proto', 'grpc/health/v1/health.proto'];
  new ReflectionService(loadSync(files, { includeDirs: [PROTO_DIR] })).addToServer(server);
}
