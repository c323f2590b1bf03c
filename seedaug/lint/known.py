"""What the linter knows of libraries: who draws, who makes generators, what a dataset is."""

from __future__ import annotations

import re

__all__ = [
    "DATASET_BASE",
    "DRAW_METHODS",
    "GENERATOR_ARGUMENTS",
    "GENERATOR_NAME",
    "GENERATOR_TYPES",
    "NUMPY_DRAWS",
    "RANDOM_DRAWS",
    "TORCH_DRAWS",
    "words",
]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Drawing

NUMPY_DRAWS = words(
    """rand randn randint random random_integers random_sample ranf sample bytes choice shuffle
    permutation uniform normal standard_normal beta binomial chisquare dirichlet exponential f gamma
    geometric gumbel hypergeometric laplace logistic lognormal logseries multinomial
    multivariate_normal negative_binomial noncentral_chisquare noncentral_f pareto poisson power
    rayleigh standard_cauchy standard_exponential standard_gamma standard_t triangular vonmises wald
    weibull zipf"""
)
RANDOM_DRAWS = words(
    """random randint randrange uniform choice choices sample shuffle gauss normalvariate
    lognormvariate triangular betavariate expovariate gammavariate paretovariate vonmisesvariate
    weibullvariate getrandbits randbytes binomialvariate"""
)
TORCH_DRAWS = words(
    """rand randn randint randperm normal bernoulli multinomial poisson rand_like randn_like
    randint_like"""
)
DRAW_METHODS = (
    NUMPY_DRAWS | RANDOM_DRAWS | words("integers permuted multivariate_hypergeometric tomaxint")
)
# Methods of generators with names that hardly anything else has: enough to tell one by its name.
TELLING_METHODS = DRAW_METHODS - words("f power bytes sample wald gamma")

GENERATOR_TYPES = frozenset(
    {
        "numpy.random.default_rng",
        "numpy.random.Generator",
        "numpy.random.RandomState",
        "numpy.random.mtrand.RandomState",
        "numpy.random._generator.Generator",
        "numpy.random.generator.Generator",
        "random.Random",
        "torch.Generator",
        "torch._C.Generator",
        "scipy.stats.qmc.Sobol",
        "scipy.stats.qmc.Halton",
        "scipy.stats.qmc.LatinHypercube",
        "torch.quasirandom.SobolEngine",
        "sklearn.utils.check_random_state",
        "mmcv.utils.np_random",
    }
)
QUASI_METHODS = words("random draw integers random_base2 draw_base2")
SAME_GENERATOR = words("manual_seed spawn jumped clone_state")  # methods that give a generator back
SAME_THING = words(
    """functools.partial copy.copy copy.deepcopy builtins.list builtins.tuple builtins.iter
    builtins.sorted builtins.reversed builtins.set typing.cast torch.nn.ModuleList
    torch.nn.Sequential builtins.vars"""
)
GENERATOR_ARGUMENTS = ("generator", "random_state", "rng", "seed", "rand_state", "random_generator")
# Take a generator to draw in the main process, or to make another generator from.
TAKES_GENERATOR = re.compile(
    r"(^|\.)(DataLoader|\w*Sampler|random_split|\w*DataModule|Generator|default_rng|RandomState|"
    r"SeedSequence|check_random_state|Random|manual_seed|seed|train_test_split|\w*KFold|"
    r"\w*ShuffleSplit|shard|split|partial|Dataset|\w+Dataset|super|field|isinstance|print|repr)$"
)
GENERATOR_NAME = re.compile(
    r"^_*(np_?|numpy_?|py_?|torch_?|local_?|my_?|data_?|aug_?|base_?|worker_?|global_?|default_?)?"
    r"(rng|rngs|prng|random_state|rand_state|randomstate|np_random|rnd|random_generator|"
    r"rand_generator|random_gen|rand_gen|randgen|randomgen|rs|rdm|rand|rstate|randstate|"
    r"generator|gen|random|R|r|g)(_?\d*|_gen|_np|_py)$",
    re.IGNORECASE,
)
# draw from NumPy's global generator unless told otherwise
NUMPY_GLOBAL_USERS = words(
    """sklearn.utils.shuffle sklearn.utils.resample sklearn.utils.random.sample_without_replacement
    """
)
LIBRARY_DRAWS = {  # draw from a generator of the library's own, which every worker inherits
    "cv2.randn": "OpenCV's generator",
    "cv2.randu": "OpenCV's generator",
    "cv2.randShuffle": "OpenCV's generator",
}
IMGAUG = re.compile(r"^(imgaug\.augmenters|imgaug)\.")
IMGAUG_CALLS = words(
    """augment augment_image augment_images augment_batch augment_batches augment_batch_
    augment_bounding_boxes augment_keypoints augment_segmentation_maps augment_heatmaps
    augment_polygons augment_line_strings to_deterministic draw_sample draw_samples"""
)
RESEEDED_ATTRIBUTES = re.compile(  # held, but the library gives each worker its own seed
    r"^(monai\.|albumentations\.|torchio\.|volumentations\.).*"
    r"\.(R|py_random|random_generator|random_state|rng)$"
)
NUMBA = re.compile(r"^numba\.(njit|jit|vectorize|guvectorize|cuda\.jit|stencil)$|^numba$")

# Datasets and what else runs in workers

DATASET_BASE = re.compile(
    r"^(torch\.utils\.data(\.\w+)*\.(Dataset|IterableDataset|ConcatDataset|Subset|TensorDataset|"
    r"ChainDataset|StackDataset|MapDataPipe|IterDataPipe)|"
    r"torchdata\..*|torchvision\.datasets\.\w.*|torchaudio\.datasets\.\w.*|"
    r"torchtext\.data.*|torch_geometric\.(data|datasets)\..*|"
    r".*(Dataset|DataSet|DataPipe|ImageFolder|Dataset[A-Z]\w*|Dataset_?\d*|dataset|_dset|_DS|DS))$"
)
NOT_A_DATASET = re.compile(
    r"^sklearn\.|(^|\.)(keras|tensorflow|tf|tfds|tensorflow_datasets|mxnet|gluon|paddle|jax|grain)(\.|$)|"
    r"(^|\.)(Sequence|PyDataset|LightningDataModule|DataModule|Callback)$"
)
SAMPLE_METHODS = words("__getitem__ __getitems__ __next__ __iter__ get")
COLLATE = re.compile(r"collat|batchify", re.IGNORECASE)
ITEM_METHOD = re.compile(
    r"^_*(get|load|read|prepare|make|fetch|build|process|sample|pull|augment|aug|random|rand|apply|"
    r"transform|preprocess|generate|crop|flip|rotate|jitter|mixup|mosaic|cutmix|add)_*\w*$"
)
MAIN_METHOD = re.compile(
    r"^(__init__|__len__|__repr__|__str__|__new__|__post_init__|set_epoch|on_epoch\w*|"
    r"\w*dataloader\w*|shuffle\w*|split\w*|reset\w*|resample\w*|"
    r"_?filter\w*|plot\w*|show\w*|visuali[sz]e\w*|display\w*|draw\w*|save\w*|download\w*|reshuffle\w*)$"
)

TRANSFORM_BASE = re.compile(
    r"^(torchvision\.transforms\..*|albumentations\..*|kornia\.augmentation\..*|imgaug\..*|"
    r"audiomentations\..*|torch_audiomentations\..*|monai\.transforms\..*|torchio\..*|"
    r"detectron2\.data\.transforms\..*|fvcore\.transforms\..*|mmcv\.transforms\..*|"
    r"torch_geometric\.transforms\..*|"
    r".*(Transform|Transforms|Augmentation|Augmentor|Augmenter|TransformGen|Augment|Compose|"
    r"RandomizableTransform|ImageOnlyTransform|DualTransform|BaseTransform|BaseAug))$"
)
TRANSFORM_NAME = re.compile(
    r"Rand|Crop|Flip|Rotat|Scal|Resiz|Jitter|Nois|Blur|Aug|Transform|Distort|Eras|Cut_?[Oo]ut|"
    r"Mix_?[Uu]p|Cut_?[Mm]ix|Mask|Shear|Translat|Affine|Perspect|Elastic|Bright|Contrast|Hue|"
    r"Satur|Colou?r|Gr[ae]y|Gamma|Pad|Expand|Mirror|Shift|Dropout|DropP|Mosaic|Permut|Shuffl|"
    r"Normali[sz]|ToTensor|Solari|Posteri|Invert|Light|Sampl|Stretch|Pitch|Speed|Volume|Gain|"
    r"Reverb|Warp|Photometric|Deform|Corrupt|Degrad|JPEG|Jpeg|Downs|Perturb|Zoom|Swap|Sharpen|"
    r"Equali|Fog|Rain|Snow|Occlu|Paste|Hide|Grid|Salt|Pepper|Speckle|Simulat|Preproc|Pipeline|"
    r"Clip|Temporal|Spatial|Frame|ToGray|Compose|OneOf|SomeOf|Sequential|Formatt|Tokenize",
)
NOT_A_TRANSFORM = re.compile(
    r"Loss|Model|Network|Net$|Policy|Agent|Env$|Environment|Schedul|Callback|Trainer|"
    r"(?<!Photo)Metric|Optimi[sz]|Strategy|Search|Explor|Buffer|Layer|Block|Attention|Encoder|Decoder|"
    r"Generator$|Discriminator|Module$|Solver|Attack|Process$|OUNoise|ActionNoise|Bandit|Tuner|"
    r"Initiali[sz]er|Criterion|Head$|Backbone|Transformer$|Former$|Memory|Replay|Diffusion|"
    r"Kernel|GAN|Gan[A-Z_]|Simulator$|Estimator|Classifier|Regress|Evaluat|Logger|Writer|Plot|Visuali"
)
TRANSFORM_METHODS = (
    "__call__",
    "forward",
    "transform",
    "_transform",
    "apply",
    "apply_image",
    "augment",
    "get_params",
    "make_params",
    "_get_params",
    "get_transform",
    "get_params_dependent_on_targets",
    "get_params_dependent_on_data",
    "randomize",
    "generate_parameters",
    "randomize_parameters",
    "apply_to_mask",
    "apply_to_bbox",
    "apply_to_keypoint",
    "apply_transform",
    "add_params",
)
TELLING_NAME = re.compile(  # of a transform, whatever it calls what it gets
    r"^Rand(om)?[A-Z_]|Crop|Flip|Rotat|Jitter|Nois[ey]|Blur|Augment|Distort|Eras(e|ing)|Cut_?[Oo]ut|"
    r"Elastic|Affine|ToTensor|Normali[sz]e|Mirror|Transform$"
)
OF_BATCHES = re.compile(r"mix_?up|cut_?mix|fmix|resizemix", re.IGNORECASE)  # often the loop's own
SAMPLE_PARAMETER = re.compile(
    r"^_*(sample|samples|img|image|images|imgs|im|ims|pic|picture|frame|frames|clip|clips|video|"
    r"vid|wav|wave|waveform|audio|signal|sig|speech|y|spec|spectrogram|mel|mask|masks|target|"
    r"targets|label|labels|lbl|gt|box|boxes|bbox|bboxes|points|point|pts|pc|pcd|pointcloud|"
    r"point_cloud|cloud|coords|coord|xyz|data|datum|item|items|example|record|results|result|"
    r"inputs|input|input_dict|data_dict|batch|batch_data|feat|feats|feature|features|graph|text|"
    r"tokens|sentence|words|img_group|img_list|image_list|tensor|arr|array|volume|vol|patch|src|"
    r"lr|hr|img_lq|img_gt|lq|x|X|seq|sequence|series|ts|keypoints|kpts|landmarks|pose|joints|"
    r"annotation_line|line|cuts?|lms|skeleton|traj|trajectory|cv_img|pil_img|np_img|rgb|depth|img1|img2|image1|image2|in_data|"
    r"sample_dict|datas|args|kwargs|imgmap|img_dict|image_dict|meta|anno|annotations|roidb|"
    r"\w*(image|img|mask|frame|wav|audio|points|sample|boxes|patch|signal|depth|flow|spec)\w*)$"
)
IMAGE_PARAMETER = re.compile(r"^(imgs?|images?|pic|pil_img|waveform|mel_spec|point_?cloud)$")
AUGMENT_FUNCTION = re.compile(
    r"rand|aug|crop|flip|rotat|jitter|nois|blur|distort|eras|cut_?out|mix_?up|cut_?mix|mask|shear|"
    r"translat|affine|perspect|elastic|bright|contrast|hue|satur|colou?r|gamma|mirror|shift|drop|"
    r"mosaic|permut|shuffl|stretch|pitch|speed|warp|photometric|deform|corrupt|degrad|perturb|"
    r"zoom|scal|transform|subsampl|sample_points|resampl|preproc|sharpen|jpeg|downsampl|occlu|paste",
    re.IGNORECASE,
)
TELLING_FUNCTION = re.compile(r"^_?(rand(om)?_|augment|add_\w*noise)")  # whatever it is given
AUGMENT_FILE = re.compile(  # nothing else in it
    r"(^|/)(\w+_)?(data)?(aug|augment\w*|transforms?)(_\w+)?\.(py|ipynb)$", re.IGNORECASE
)
AUGMENT_PATH = re.compile(
    r"aug|transform|dataset|data_?load|loader|data_util|datautil|preproc|pipeline|data_prov|"
    r"image_util|img_util|degradation|collat|(^|/)data(/|_|\.py)|_data\.py|mixup|cutmix|mosaic|"
    r"noise|crop|spec_?aug|cutout|erasing|perturb|functional",
    re.IGNORECASE,
)
TRANSFORM_ARGUMENT = re.compile(
    r"(^|_)(transforms?|transformations?|augs?|augment\w*|preprocess\w*|collate(_fn)?|processor|"
    r"process_fn|map_fn|loader|pipeline|tfms?|trsfm|trans|prep(_func|_fn)?)(_|$)|^transform"
)
INIT_FUNCTION = re.compile(
    r"worker_?init|init_?worker|seed_?worker|worker_?seed|set_worker_s|^init_fn$|^_init_fn$|"
    r"workers?_seeding|worker_reset"
)
OTHER_FRAMEWORK = re.compile(r"^(tensorflow|keras|mxnet|paddle|jax|flax|chainer|gym|gymnasium)")
MODULE_BASE = re.compile(r"(^|\.)(nn\.Module|LightningModule|nn\.Sequential|Module)$")
