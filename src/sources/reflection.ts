import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

const PROTO_DIR = fileURLToPath(new URL('../../proto', import.meta.url));

/** Both versions of grpc.reflection, from the definitions in proto/. */
export function createReflection(): ReflectionService {
  const files = ['envoy/service/auth/v3/external_auth.proto', 'grpc/health/v1/health.proto'];
  return new ReflectionService(loadSync(files, { includeDirs: [PROTO_DIR] }));
}
