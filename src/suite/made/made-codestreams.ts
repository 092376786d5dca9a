// `grayPixels()` of `pixels.ts`, encoded by dcmtk 3.6.7 (JPEG) and gdcm 3.0.21 (JPEG-LS, JPEG 2000).

const decoded = (base64: readonly string[]): Buffer => Buffer.from(base64.join(''), 'base64');

export const madeCodestreams = {
  /** JPEG Baseline (Process 1), lossy: 1.2.840.10008.1.2.4.50. */
  JPEG_BASELINE: decoded([
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMUFRUVDA8XGB',
    'YUGBIUFRT/wAALCAAYACABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAACAkH/8QAJBAAAAQHAQACAwAAAAAAAAAAAQIDBQAEBgciM1ERCRIUITH/',
    '2gAIAQEAAD8AA9v2TXjyErb9k148hLW/ZNePIStv2TXjyI/2/ZNePIStv2TXjyEtb9k148jdTvUjbWgKhq9zQmF22n2yZdZpKUKUyx0kEjKnKQ',
    'DCUBMJSCAAIgHvnoh/Yk/b9k148hK2/ZNePIS1v2TXjyDp8sN3lqVtfStqmxeX/IqtYXB3IVZMyyclLHIZEhkhKJilVX8MVQBL+5M5Q+wCcA//',
    '/9k=',
  ]),

  /** JPEG Lossless, First-Order Prediction: 1.2.840.10008.1.2.4.70. */
  JPEG_LOSSLESS: decoded([
    '/9j/4AAQSkZJRgABAQAAAQABAAD/wwALCAAYACABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAwII/9oACAEBAAEAAM/u7u7u7u7u7u7u7u7u7u',
    '7vbu7u7u7u7u7u7u7u7u7u727u7u7u7u7u7u7u7u7u7u9u7u7u7u7u7u7u7u7u7u7vbu7u7u7u7u7u7u7u7u7u727u7u7u7u7u7u7u7u7u7u9u',
    '7u7u7u7u7u7u7u7u7u7vbu7u7u7u7u7u7u7u7u7u727u7u7u7u7u7u7u7u7u7u9u7u7u7u7u7u7u7u7u7u7vbu7u7u7u7u7u7u7u7u7u727u7u',
    '7u7u7u7u7u7u7u7u9u7u7u7u7u7u7u7u7u7u7vbu7u7u7u7u7u7u7u7u7u+Brd3d3d3d3d3d3d3d3d3d3wNbu7u7u7u7u7u7u7u7u7u+Brd3d3',
    'd3d3d3d3d3d3d3d8DPbu7u7u7u7u7u7u7u7u7vgZ7d3d3d3d3d3d3d3d3d3fAzvbu7u7u7u7u7u7u7u7u74Gd7d3d3d3d3d3d3d3d3d3wM7vbu',
    '7u7u7u7u7u7u7u7u+Bnd7d3d3d3d3d3d3d3d3d3wM7vbu7u7u7u7u7u7u7u7vgZ3d//9k=',
  ]),

  /** JPEG-LS Lossless: 1.2.840.10008.1.2.4.80. */
  JPEG_LS: decoded([
    '/9j/9wALCAAYACABAREA/9oACAEBAAAAAIUVYq0/u3f/e22222221mTaVV//f2b/f/9/RP9//3/b/3//f2//f/95P/9//2v/f/9+v/9//2v/f/',
    '9+v/9//2v/f/9//3//f/9//3/P/3//es//f/9/f/9//yi//3//bP9//3/jf/9//xf/f/99Z/9//3r/f/9/v/9//2au/9k=',
  ]),

  /** JPEG 2000 Lossless Only: 1.2.840.10008.1.2.4.90. */
  JPEG_2000: decoded([
    '/0//UQApAAAAAAAgAAAAGAAAAAAAAAAAAAAAIAAAABgAAAAAAAAAAAABBwEB/1IADAAAAAEAAwQEAAH/XAANQEBISFBISFBISFD/ZAAqAAFDcm',
    'VhdGVkIGJ5IEdEQ00vT3BlbkpQRUcgdmVyc2lvbiAyLjUuMP+QAAoAAAAAAKgAAf+T34BgBqYQRm0KoHtlTTc/w+oFgfIGj8AYG7a/UZMMt6jg',
    'f9cheLeHyG/PwDYfUGx+AWCCO1t+ld5SAIsqAHBugdbUJ/IOqQH5dysBH4Iozul1iYps/uXL35jEfaLz8wyLhzklaubkwS/Jiye12iIpNblWVs',
    'KKtT+LmcS+QBmGUJ1jUmJSy5W8gLzPEzc0WZpqIjij3j71LRCrq//Z',
  ]),
};
