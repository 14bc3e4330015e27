import { MemoryStorage } from '../../../apiserver/storage/memory-storage.ts';
import { describeStorage } from './storage-contract.ts';

describeStorage({
  name: 'memory',
  newPlace: async () => ({ durable: false, open: async () => new MemoryStorage(), remove: async () => {} }),
});
