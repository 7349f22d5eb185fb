/** Shows an image as docs/CLIENTS.md has it. Gives its width: 0 where it is none. */
export type ShowPixel = (src: string) => Promise<number>;

interface Image {
  src: string;
  referrerPolicy: string;
  readonly naturalWidth: number;
  decode(): Promise<void>;
}

const show: ShowPixel = async (src) => {
  const { Image: NewImage } = globalThis as unknown as { Image: new () => Image };
  const image = new NewImage();
  image.referrerPolicy = 'no-referrer-when-downgrade';
  image.src = src;
  await image.decode();
  return image.naturalWidth;
};

Object.assign(globalThis, { showPixel: show });
