/** A work that built-in solvers, processes and metrics refer to. */
export interface Work {
  /** The key of its BibTeX entry. */
  readonly key: string;
  /** What a `reference` says of it: one of these is part of it. */
  readonly named: readonly string[];
  readonly type: 'article' | 'inproceedings' | 'misc';
  /** BibTeX's fields. */
  readonly fields: Readonly<Record<string, string>>;
}

const work = (type: Work['type'], key: string, named: readonly string[], fields: Work['fields']): Work => ({
  ...{ key, named, type, fields },
});

/** A paper that arXiv has: referred to by its number there, or by one of the names. */
const onArxiv = (key: string, eprint: string, fields: Work['fields'], names: readonly string[] = []): Work =>
  work('booktitle' in fields ? 'inproceedings' : 'misc', key, [`arXiv:${eprint}`, ...names], {
    ...fields,
    eprint,
    archivePrefix: 'arXiv',
  });

const neurips = 'Advances in Neural Information Processing Systems';
const iclr = 'International Conference on Learning Representations';
const icml = 'International Conference on Machine Learning';
const dpmAuthors = 'Lu, Cheng and Zhou, Yuhao and Bao, Fan and Chen, Jianfei and Li, Chongxuan and Zhu, Jun';

export const bibliography: readonly Work[] = [
  onArxiv('graves2023bayesian', '2308.07037', {
    author: 'Graves, Alex and Srivastava, Rupesh Kumar and Atkinson, Timothy and Gomez, Faustino',
    title: 'Bayesian Flow Networks',
    year: '2023',
  }),
  onArxiv(
    'xue2024unifying',
    '2404.15766',
    {
      author:
        'Xue, Kaiwen and Zhou, Yuhao and Nie, Shen and Min, Xu and Zhang, Xiaolu and Zhou, Jun and Li, Chongxuan',
      title:
        'Unifying {B}ayesian Flow Networks and Diffusion Models through Stochastic Differential Equations',
      booktitle: icml,
      year: '2024',
    },
    ['Xue et al. 2024'],
  ),
  onArxiv('song2021score', '2011.13456', {
    author:
      'Song, Yang and Sohl-Dickstein, Jascha and Kingma, Diederik P. and Kumar, Abhishek and Ermon, Stefano and Poole, Ben',
    title: 'Score-Based Generative Modeling through Stochastic Differential Equations',
    booktitle: iclr,
    year: '2021',
  }),
  onArxiv(
    'song2021denoising',
    '2010.02502',
    {
      author: 'Song, Jiaming and Meng, Chenlin and Ermon, Stefano',
      title: 'Denoising Diffusion Implicit Models',
      booktitle: iclr,
      year: '2021',
    },
    // its eq. 16 is DDPM's noise as a share
    ['Song et al. 2021, eq. 16'],
  ),
  onArxiv(
    'ho2020denoising',
    '2006.11239',
    {
      author: 'Ho, Jonathan and Jain, Ajay and Abbeel, Pieter',
      title: 'Denoising Diffusion Probabilistic Models',
      booktitle: neurips,
      year: '2020',
    },
    ['Ho et al. 2020'],
  ),
  onArxiv('nichol2021improved', '2102.09672', {
    author: 'Nichol, Alexander Quinn and Dhariwal, Prafulla',
    title: 'Improved Denoising Diffusion Probabilistic Models',
    booktitle: icml,
    year: '2021',
  }),
  onArxiv('karras2022elucidating', '2206.00364', {
    author: 'Karras, Tero and Aittala, Miika and Aila, Timo and Laine, Samuli',
    title: 'Elucidating the Design Space of Diffusion-Based Generative Models',
    booktitle: neurips,
    year: '2022',
  }),
  onArxiv('liu2023flow', '2209.03003', {
    author: 'Liu, Xingchao and Gong, Chengyue and Liu, Qiang',
    title: 'Flow Straight and Fast: Learning to Generate and Transfer Data with Rectified Flow',
    booktitle: iclr,
    year: '2023',
  }),
  onArxiv(
    'lu2022dpmsolver',
    '2206.00927',
    {
      author: dpmAuthors,
      title:
        '{DPM-Solver}: A Fast {ODE} Solver for Diffusion Probabilistic Model Sampling in Around 10 Steps',
      booktitle: neurips,
      year: '2022',
    },
    ['public code of DPM-Solver'],
  ),
  onArxiv(
    'lu2022dpmsolverpp',
    '2211.01095',
    {
      author: dpmAuthors,
      title: '{DPM-Solver++}: Fast Solver for Guided Sampling of Diffusion Probabilistic Models',
      year: '2022',
    },
    ['public code of DPM-Solver'],
  ),
  work('misc', 'crowson2022kdiffusion', ['k-diffusion'], {
    author: 'Crowson, Katherine',
    title: 'k-diffusion',
    year: '2022',
    url: 'https://github.com/crowsonkb/k-diffusion',
  }),
  onArxiv('zhang2023fast', '2204.13902', {
    author: 'Zhang, Qinsheng and Chen, Yongxin',
    title: 'Fast Sampling of Diffusion Models with Exponential Integrator',
    booktitle: iclr,
    year: '2023',
  }),
  onArxiv('liu2022pseudo', '2202.09778', {
    author: 'Liu, Luping and Ren, Yi and Lin, Zhijie and Zhao, Zhou',
    title: 'Pseudo Numerical Methods for Diffusion Models on Manifolds',
    booktitle: iclr,
    year: '2022',
  }),
  onArxiv('zhao2023unipc', '2302.04867', {
    author: 'Zhao, Wenliang and Bai, Lujia and Rao, Yongming and Zhou, Jie and Lu, Jiwen',
    title: '{UniPC}: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models',
    booktitle: neurips,
    year: '2023',
  }),
  onArxiv('xue2023sasolver', '2309.05019', {
    author:
      'Xue, Shuchen and Yi, Mingyang and Luo, Weijian and Zhang, Shifeng and Sun, Jiacheng and Li, Zhenguo and Ma, Zhi-Ming',
    title: '{SA-Solver}: Stochastic {A}dams Solver for Fast Sampling of Diffusion Models',
    booktitle: neurips,
    year: '2023',
  }),
  onArxiv('xu2023restart', '2306.14878', {
    author:
      'Xu, Yilun and Deng, Mingyang and Cheng, Xiang and Tian, Yonglong and Liu, Ziming and Jaakkola, Tommi',
    title: 'Restart Sampling for Improving Generative Processes',
    booktitle: neurips,
    year: '2023',
  }),
  onArxiv('qu2024molcraft', '2404.12141', {
    author:
      'Qu, Yanru and Qiu, Keyue and Song, Yuxuan and Gong, Jingjing and Han, Jiawei and Zheng, Mingyue and Zhou, Hao and Ma, Wei-Ying',
    title: '{MolCRAFT}: Structure-Based Drug Design in Continuous Parameter Space',
    booktitle: icml,
    year: '2024',
  }),
  onArxiv('wu2025periodic', '2502.02016', {
    author:
      'Wu, Hanlin and Song, Yuxuan and Gong, Jingjing and Cao, Ziyao and Ouyang, Yawen and Zhang, Jianbing and Zhou, Hao and Ma, Wei-Ying and Liu, Jingjing',
    title: 'A Periodic {B}ayesian Flow for Material Generation',
    booktitle: iclr,
    year: '2025',
  }),
  work('article', 'atkinson2025protein', ['doi:10.1038/s41467-025-58250-2'], {
    author: 'Atkinson, Timothy and Barrett, Thomas D. and others',
    title: 'Protein Sequence Modelling with {B}ayesian Flow Networks',
    journal: 'Nature Communications',
    year: '2025',
    doi: '10.1038/s41467-025-58250-2',
  }),
  work('article', 'hochbruck2010exponential', ['Hochbruck & Ostermann 2010'], {
    author: 'Hochbruck, Marlis and Ostermann, Alexander',
    title: 'Exponential Integrators',
    journal: 'Acta Numerica',
    volume: '19',
    pages: '209--286',
    year: '2010',
    doi: '10.1017/S0962492910000048',
  }),
  work('article', 'kutta1901beitrag', ['Kutta 1901'], {
    author: 'Kutta, Wilhelm',
    title: 'Beitrag zur n{\\"a}herungsweisen Integration totaler Differentialgleichungen',
    journal: 'Zeitschrift f{\\"u}r Mathematik und Physik',
    volume: '46',
    pages: '435--453',
    year: '1901',
  }),
  work('article', 'bonneel2015sliced', ['Bonneel et al. 2015'], {
    author: "Bonneel, Nicolas and Rabin, Julien and Peyr{\\'e}, Gabriel and Pfister, Hanspeter",
    title: 'Sliced and {R}adon {W}asserstein Barycenters of Measures',
    journal: 'Journal of Mathematical Imaging and Vision',
    volume: '51',
    pages: '22--45',
    year: '2015',
  }),
  work('article', 'dowson1982frechet', ['Dowson and Landau 1982'], {
    author: 'Dowson, D. C. and Landau, B. V.',
    title: "The {F}r{\\'e}chet Distance between Multivariate Normal Distributions",
    journal: 'Journal of Multivariate Analysis',
    volume: '12',
    pages: '450--455',
    year: '1982',
  }),
  work('article', 'lin1991divergence', ['Lin 1991'], {
    author: 'Lin, Jianhua',
    title: 'Divergence Measures Based on the {S}hannon Entropy',
    journal: 'IEEE Transactions on Information Theory',
    volume: '37',
    pages: '145--151',
    year: '1991',
  }),
  work('article', 'massey1951kolmogorov', ['Massey 1951'], {
    author: 'Massey, Frank J.',
    title: 'The {K}olmogorov-{S}mirnov Test for Goodness of Fit',
    journal: 'Journal of the American Statistical Association',
    volume: '46',
    pages: '68--78',
    year: '1951',
  }),
  work('article', 'szekely2013energy', ['Székely and Rizzo 2013'], {
    author: "Sz{\\'e}kely, G{\\'a}bor J. and Rizzo, Maria L.",
    title: 'Energy Statistics: A Class of Statistics Based on Distances',
    journal: 'Journal of Statistical Planning and Inference',
    volume: '143',
    pages: '1249--1272',
    year: '2013',
  }),
  onArxiv(
    'binkowski2018demystifying',
    '1801.01401',
    {
      author: "Bi{\\'n}kowski, Miko{\\l}aj and Sutherland, Danica J. and Arbel, Michael and Gretton, Arthur",
      title: 'Demystifying {MMD} {GAN}s',
      booktitle: iclr,
      year: '2018',
    },
    ['Binkowski et al. 2018'],
  ),
  work('article', 'gretton2012kernel', ['Gretton et al. 2012'], {
    author:
      'Gretton, Arthur and Borgwardt, Karsten M. and Rasch, Malte J. and Sch{\\"o}lkopf, Bernhard and Smola, Alexander',
    title: 'A Kernel Two-Sample Test',
    journal: 'Journal of Machine Learning Research',
    volume: '13',
    pages: '723--773',
    year: '2012',
  }),
  onArxiv(
    'chong2020effectively',
    '1911.07023',
    {
      author: 'Chong, Min Jin and Forsyth, David',
      title: 'Effectively Unbiased {FID} and {I}nception Score and Where to Find Them',
      booktitle: 'IEEE/CVF Conference on Computer Vision and Pattern Recognition',
      year: '2020',
    },
    ['Chong and Forsyth 2020'],
  ),
  onArxiv(
    'kynkaanniemi2019improved',
    '1904.06991',
    {
      author:
        'Kynk{\\"a}{\\"a}nniemi, Tuomas and Karras, Tero and Laine, Samuli and Lehtinen, Jaakko and Aila, Timo',
      title: 'Improved Precision and Recall Metric for Assessing Generative Models',
      booktitle: neurips,
      year: '2019',
    },
    ['Kynkäänniemi et al. 2019'],
  ),
  onArxiv(
    'naeem2020reliable',
    '2002.09797',
    {
      author: 'Naeem, Muhammad Ferjad and Oh, Seong Joon and Uh, Youngjung and Choi, Yunjey and Yoo, Jaejun',
      title: 'Reliable Fidelity and Diversity Metrics for Generative Models',
      booktitle: icml,
      year: '2020',
    },
    ['Naeem et al. 2020'],
  ),
  onArxiv(
    'lopezpaz2017revisiting',
    '1610.06545',
    {
      author: 'Lopez-Paz, David and Oquab, Maxime',
      title: 'Revisiting Classifier Two-Sample Tests',
      booktitle: iclr,
      year: '2017',
    },
    ['Lopez-Paz and Oquab 2017'],
  ),
  onArxiv(
    'heusel2017gans',
    '1706.08500',
    {
      author:
        'Heusel, Martin and Ramsauer, Hubert and Unterthiner, Thomas and Nessler, Bernhard and Hochreiter, Sepp',
      title: '{GAN}s Trained by a Two Time-Scale Update Rule Converge to a Local {N}ash Equilibrium',
      booktitle: neurips,
      year: '2017',
    },
    ['Heusel et al. 2017'],
  ),
  work('article', 'shannon1951prediction', ['Shannon 1951'], {
    author: 'Shannon, Claude E.',
    title: 'Prediction and Entropy of Printed {E}nglish',
    journal: 'Bell System Technical Journal',
    volume: '30',
    pages: '50--64',
    year: '1951',
  }),
  onArxiv(
    'li2016diversity',
    '1510.03055',
    {
      author: 'Li, Jiwei and Galley, Michel and Brockett, Chris and Gao, Jianfeng and Dolan, Bill',
      title: 'A Diversity-Promoting Objective Function for Neural Conversation Models',
      booktitle: 'Conference of the North American Chapter of the Association for Computational Linguistics',
      year: '2016',
    },
    ['Li et al. 2016'],
  ),
];
