import { agnhost } from './agnhost.ts';
import { echo } from './echo.ts';
import type { Image } from './image.ts';
import { pause } from './pause.ts';
import { unknownImage } from './unknown-image.ts';
import { httpd, nginx } from './web-server.ts';

/** Programs by the last part of an image's name, without tag or digest. */
const IMAGES: Readonly<Record<string, Image>> = {
  agnhost,
  echo,
  echoserver: echo,
  'echo-server': echo,
  httpd,
  nginx,
  pause,
  'serve-hostname': (context) => agnhost({ ...context, args: ['serve-hostname', ...context.args] }),
};

/** `registry:5000/team/name:tag@sha256:…` → `name`. */
export function imageName(reference: string): string {
  const path = reference.split('@')[0] ?? '';
  return (path.split('/').at(-1) ?? '').split(':')[0] ?? '';
}

/** The program of an image; one that podwire does not know listens on its declared ports and says so. */
export function findImage(reference: string): Image {
  const name = imageName(reference);
  return Object.hasOwn(IMAGES, name) ? IMAGES[name]! : unknownImage(reference);
}
