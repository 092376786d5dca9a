import { Interface } from 'ethers/abi';
import { consortiumAbi } from './consortium-abi.js';
import { imagesAbi } from './images-abi.js';

/** The contracts of release 2 as ethers reads them. They are large, so they are made once. */
export const release2Interfaces = { images: new Interface(imagesAbi), consortium: new Interface(consortiumAbi) };
