import imgaug as ia
import imgaug.augmenters as iaa
import numpy as np
import torch
from imgaug.augmentables.segmaps import SegmentationMapsOnImage
from PIL import Image
from torch.utils.data import Dataset
from torchvision import transforms

ia.seed(4)  # harmless: in the main process, before the workers


def sometimes(aug):
    return iaa.Sometimes(0.5, aug)


class ImgAugTransform:
    def __init__(self):
        self.aug = iaa.Sequential([
            iaa.Scale((224, 224)),
            sometimes(iaa.GaussianBlur(sigma=(0, 3.0))),
            iaa.Fliplr(0.5),
            iaa.Affine(rotate=(-20, 20), mode='symmetric'),
        ])

    def __call__(self, img):
        img = np.array(img)
        return self.aug.augment_image(img)  # expect: SDA105


class Cells(Dataset):
    def __init__(self, images, maps):
        self.images, self.maps = images, maps
        self.seq = iaa.Sequential([iaa.Flipud(0.5), iaa.ElasticTransformation(alpha=50, sigma=5)])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = np.asarray(Image.open(self.images[i]))
        cells = SegmentationMapsOnImage(np.asarray(Image.open(self.maps[i])), image.shape)
        image, cells = self.seq(image=image, segmentation_maps=cells)  # expect: SDA105
        return torch.from_numpy(image.copy()), torch.from_numpy(cells.get_arr().copy())


pipeline = transforms.Compose([ImgAugTransform(), transforms.ToTensor()])


def grid(images):
    seq = iaa.Sequential([iaa.Fliplr(0.5)])
    return ia.draw_grid(seq(images=images), cols=4)  # harmless: a picture for the report
