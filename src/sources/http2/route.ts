import { CHECK_PATH } from '../codec/check-request.ts';

/** What a `:path` names. */
export const Route = {
  UNKNOWN: 0,
  CHECK: 1,
  HEALTH_CHECK: 2,
  HEALTH_WATCH: 3,
  REFLECTION_V1: 4,
  REFLECTION_V1ALPHA: 5,
} as const;
export type Route = (typeof Route)[keyof typeof Route];

export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  [CHECK_PATH, Route.CHECK],
  ['/grpc.health.v1.Health/Check', Route.HEALTH_CHECK],
  ['/grpc.health.v1.Health/Watch', Route.HEALTH_WATCH],
  ['/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', Route.REFLECTION_V1],
  ['/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo', Route.REFLECTION_V1ALPHA],
]);
