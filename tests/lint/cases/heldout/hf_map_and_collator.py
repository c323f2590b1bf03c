"""Instruction tuning: packs, masks, and a collator of one's own."""
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from datasets import load_dataset
from transformers import AutoTokenizer, DataCollatorForLanguageModeling, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained('gpt2')
TEMPLATES = ['Q: {q}\nA: {a}', '{q}\n\n{a}', 'Question: {q} Answer: {a}']


@dataclass
class SpanCorruption:
    """Collates, and hides spans."""

    density: float
    mean_length: float
    rng: np.random.Generator

    def _mask(self, length):
        mask = np.zeros(length, bool)
        while mask.mean() < self.density:
            start = self.rng.integers(length)  # expect: SDA101
            mask[start:start + self.rng.poisson(self.mean_length)] = True  # expect: SDA101
        return mask

    def __call__(self, features: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        rows = [np.array(f['input_ids'][:128]) for f in features]
        masks = [self._mask(len(r)) for r in rows]
        return {'input_ids': torch.tensor(np.stack(rows)), 'labels': torch.tensor(np.stack(masks))}


class NoisyCollator(DataCollatorForLanguageModeling):
    def torch_call(self, examples):
        batch = super().torch_call(examples)
        flip = np.random.rand(*batch['input_ids'].shape) < 0.01  # expect: SDA102
        batch['input_ids'][torch.from_numpy(flip)] = 0
        return batch


def with_template(batch):
    template = TEMPLATES[np.random.randint(len(TEMPLATES))]  # expect: SDA102
    text = [template.format(q=q, a=a) for q, a in zip(batch['q'], batch['a'])]
    return tokenizer(text, truncation=True)


data = load_dataset('csv', data_files='qa.csv')['train'].shuffle(seed=1)  # harmless: main process
data.set_transform(with_template)
picked = np.random.choice(len(data), 100)  # harmless: main process
collator = SpanCorruption(0.15, 3, np.random.default_rng(5))
training = TrainingArguments('out', dataloader_num_workers=4, seed=5)
Trainer(args=training, train_dataset=data, data_collator=collator).train()
Trainer(args=training, train_dataset=data, data_collator=NoisyCollator(tokenizer, mlm=False)).train()
