import { type Image, untilTerminated } from './image.ts';

/** Does nothing until it is told to end. */
export const pause: Image = async (context) => {
  await untilTerminated(context);
  return 0;
};
